import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';
import { kubeTime, microTime, sleep, systemClock } from './clock.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { createTokenBuckets } from './token-buckets.ts';

it('writes times as the API wants them', () => {
  const at = Date.parse('2026-11-23T22:18:56.007Z');
  expect(microTime(at)).toBe('2026-11-23T22:18:56.007000Z');
  expect(kubeTime(at)).toBe('2026-11-23T22:18:56Z');
});

it('sleep ends with its time or with its signal, and leaves no timer', async () => {
  const clock = createFakeClock();
  const controller = new AbortController();
  const ended: string[] = [];
  void sleep(clock, 100).then(() => ended.push('time'));
  void sleep(clock, 100_000, controller.signal).then(() => ended.push('signal'));
  await clock.advance(100);
  expect(ended).toEqual(['time']);
  controller.abort();
  await clock.advance(0);
  expect(ended).toEqual(['time', 'signal']);
  expect(clock.timers).toBe(0);
  await sleep(clock, 100, controller.signal);
});

it('does not fire at once for times beyond what setTimeout can', async () => {
  let fired = false;
  const cancel = systemClock.after(2 ** 40, () => {
    fired = true;
  });
  await sleep(systemClock, 20);
  cancel();
  expect(fired).toBe(false);
});

it('backs off exponentially within its bounds, less the jitter', () => {
  const options = { minMs: 200, maxMs: 30_000, jitter: 0.5 };
  const at = (random: number) =>
    [1, 2, 3, 8, 9, 1000].map((n) => backoffMs(n, { ...options, random: () => random }));
  expect(at(0)).toEqual([200, 400, 800, 25_600, 30_000, 30_000]);
  expect(at(1)).toEqual([100, 200, 400, 12_800, 15_000, 15_000]);
});

it('lets a subject act in a burst and then at its rate, and forgets the idlest', () => {
  const buckets = createTokenBuckets({ burst: 2, refillMs: 100, maxSubjects: 2 });
  const take = (subject: string, at: number) => buckets.take(subject, at);
  expect([take('a', 0), take('a', 0), take('a', 0), take('a', 99), take('a', 100)]).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
  expect([take('b', 100), take('c', 100)]).toEqual([true, true]);
  expect([take('a', 100), take('a', 100), take('a', 100)]).toEqual([true, true, false]);
});
