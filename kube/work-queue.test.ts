import { expect, it } from 'vitest';
import { KubeError } from './errors.ts';
import type { Log } from './log.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import {
  createWorkQueue,
  type ReconcileOutcome,
  TerminalError,
  type WorkQueueOptions,
} from './work-queue.ts';

/** A queue whose runs end when the test says so. */
function setup(options: Partial<WorkQueueOptions> = {}) {
  const clock = createFakeClock();
  const started: string[] = [];
  const open = new Map<string, PromiseWithResolvers<{ requeueAfterMs?: number } | undefined>>();
  const outcomes: ReconcileOutcome[] = [];
  const signals = new Map<string, AbortSignal>();
  const queue = createWorkQueue({
    name: 'test',
    clock,
    random: () => 0,
    reconcile(key, { signal }) {
      started.push(key);
      signals.set(key, signal);
      const run = Promise.withResolvers<{ requeueAfterMs?: number } | undefined>();
      open.set(key, run);
      return run.promise;
    },
    observe: { finished: (outcome) => outcomes.push(outcome) },
    ...options,
  });
  return {
    queue,
    clock,
    started,
    outcomes,
    signals,
    async finish(key: string, result?: { requeueAfterMs?: number } | Error) {
      if (result instanceof Error) open.get(key)?.reject(result);
      else open.get(key)?.resolve(result);
      await clock.advance(0);
    },
  };
}

it('merges adds of a waiting key and keeps the order of keys', async () => {
  const { queue, started, finish } = setup();
  for (const key of ['a', 'b', 'c', 'b', 'c']) queue.add(key);
  expect(started).toEqual(['a']);
  expect(queue.stats().depth).toBe(2);
  await finish('a');
  await finish('b');
  await finish('c');
  expect(started).toEqual(['a', 'b', 'c']);
});

it('never runs one key twice at a time, but runs it once more when it was added meanwhile', async () => {
  const { queue, started, finish } = setup({ concurrency: 4 });
  queue.add('a');
  queue.add('a');
  queue.add('a');
  queue.add('b');
  expect(started).toEqual(['a', 'b']);
  await finish('a');
  expect(started).toEqual(['a', 'b', 'a']);
  await finish('a');
  expect(started).toEqual(['a', 'b', 'a']);
});

it('runs as many keys at a time as concurrency says', async () => {
  const { queue, started, finish } = setup({ concurrency: 2 });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  expect(started).toEqual(['a', 'b']);
  expect(queue.stats().running).toBe(2);
  await finish('b');
  expect(started).toEqual(['a', 'b', 'c']);
});

it('retries a failed key after 5 ms, doubling up to the bound, and starts over after a success', async () => {
  const { queue, clock, started, finish, outcomes } = setup({ retry: { minMs: 5, maxMs: 15 } });
  queue.add('a');
  for (const waitMs of [5, 10, 15, 15]) {
    await finish('a', new Error('no'));
    const runs = started.length;
    await clock.advance(waitMs - 1);
    expect(started).toHaveLength(runs);
    await clock.advance(1);
    expect(started).toHaveLength(runs + 1);
  }
  await finish('a');
  queue.add('a');
  await finish('a', new Error('again'));
  await clock.advance(5);
  expect(outcomes).toEqual(['error', 'error', 'error', 'error', 'success', 'error']);
  expect(started).toHaveLength(7);
});

it('backs off each key on its own, and tells the run how often it failed', async () => {
  const failures: [string, number][] = [];
  const clock = createFakeClock();
  const queue = createWorkQueue({
    name: 'test',
    clock,
    random: () => 0,
    async reconcile(key, context) {
      failures.push([key, context.failures]);
      if (key === 'bad') throw new Error('no');
    },
  });
  queue.add('bad');
  queue.add('good');
  await clock.advance(16);
  expect(failures).toEqual([
    ['bad', 0],
    ['good', 0],
    ['bad', 1],
    ['bad', 2],
  ]);
});

it('runs a key at once when it is added during its back-off', async () => {
  const { queue, clock, started, finish } = setup({ retry: { minMs: 1000, maxMs: 1000 } });
  queue.add('a');
  await finish('a', new Error('no'));
  queue.add('a');
  expect(started).toHaveLength(2);
  await finish('a');
  await clock.advance(5000);
  expect(started).toHaveLength(2);
});

it('runs a key again after requeueAfterMs', async () => {
  const { queue, clock, started, finish, outcomes } = setup();
  queue.add('a');
  await finish('a', { requeueAfterMs: 1000 });
  await clock.advance(999);
  expect(started).toHaveLength(1);
  await clock.advance(1);
  expect(started).toHaveLength(2);
  expect(outcomes).toEqual(['requeue_after']);
});

it('addAfter keeps the earliest time', async () => {
  const { queue, clock, started, finish } = setup();
  queue.addAfter('a', 100);
  queue.addAfter('a', 50);
  queue.addAfter('a', 80);
  await clock.advance(50);
  expect(started).toEqual(['a']);
  await finish('a');
  await clock.advance(500);
  expect(started).toEqual(['a']);
});

it('forgets the retry of a failed run when the key runs again anyway', async () => {
  const { queue, clock, started, finish } = setup({ retry: { minMs: 50, maxMs: 50 } });
  queue.add('a');
  queue.add('a');
  await finish('a', new Error('no'));
  await finish('a');
  await clock.advance(500);
  expect(started).toHaveLength(2);
});

it('does not retry a TerminalError', async () => {
  const { queue, clock, started, finish, outcomes } = setup();
  queue.add('a');
  await finish('a', new TerminalError('the spec is wrong'));
  await clock.advance(10_000_000);
  expect(started).toHaveLength(1);
  expect(outcomes).toEqual(['terminal_error']);
});

it('retries a conflict without calling it an error', async () => {
  const logged: string[] = [];
  const log: Log = { debug() {}, info() {}, warn() {}, error: (_, message) => logged.push(message) };
  const { queue, clock, started, finish, outcomes } = setup({ log });
  queue.add('a');
  await finish('a', new KubeError({ status: 409, reason: 'Conflict', message: 'modified' }));
  await clock.advance(5);
  expect(started).toHaveLength(2);
  expect(outcomes).toEqual(['conflict']);
  expect(logged).toEqual([]);
});

it('survives a reconcile function that throws at once, and things that are no errors', async () => {
  const clock = createFakeClock();
  let runs = 0;
  const outcomes: ReconcileOutcome[] = [];
  const queue = createWorkQueue({
    name: 'test',
    clock,
    random: () => 0,
    reconcile() {
      runs += 1;
      if (runs === 1) throw undefined;
      return Promise.reject('a string');
    },
    observe: { finished: (outcome) => outcomes.push(outcome) },
  });
  queue.add('a');
  await clock.advance(5);
  expect(outcomes).toEqual(['error', 'error']);
});

it('goes on when its observer throws', async () => {
  const { queue, started, finish } = setup({
    observe: {
      finished() {
        throw new Error('metrics');
      },
    },
  });
  queue.add('a');
  queue.add('b');
  await finish('a');
  expect(started).toEqual(['a', 'b']);
});

it('aborts the signal of a run that takes too long, and lets nobody else at its key', async () => {
  const { queue, clock, started, signals, finish } = setup({ timeoutMs: 1000, concurrency: 2 });
  queue.add('a');
  await clock.advance(1000);
  expect(signals.get('a')?.aborted).toBe(true);
  queue.add('a');
  await clock.advance(1000);
  expect(started).toEqual(['a']);
  await finish('a');
  expect(started).toEqual(['a', 'a']);
});

it('reports how long the present runs take', async () => {
  const { queue, clock } = setup({ concurrency: 2 });
  queue.add('a');
  await clock.advance(2000);
  queue.add('b');
  await clock.advance(1000);
  expect(queue.stats()).toEqual({ depth: 0, running: 2, longestRunningSeconds: 3, unfinishedSeconds: 4 });
});

it('stop waits for what runs and starts nothing more', async () => {
  const { queue, clock, started, finish } = setup();
  queue.add('a');
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 10);
  let stopped = false;
  const stopping = queue.stop().then(() => {
    stopped = true;
  });
  await clock.advance(100);
  expect(stopped).toBe(false);
  await finish('a', new Error('no'));
  await stopping;
  queue.add('d');
  await clock.advance(10_000);
  expect(started).toEqual(['a']);
  expect(clock.timers).toBe(0);
});

it('stop aborts what still runs at its deadline', async () => {
  const { queue, clock, signals } = setup();
  queue.add('a');
  const stopping = queue.stop(500);
  await clock.advance(499);
  expect(signals.get('a')?.aborted).toBe(false);
  await clock.advance(1);
  await stopping;
  expect(signals.get('a')?.aborted).toBe(true);
});
