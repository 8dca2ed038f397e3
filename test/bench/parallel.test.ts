import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { forEachOf, numbered, spread } from './parallel.ts';

it('keeps to its bound and does everything once', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await forEachOf([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, ++running);
    await delay(1);
    running--;
    done.push(item);
  });
  expect(most).toBe(2);
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  await forEachOf([], 2, () => Promise.reject(new Error('never called')));
});

it('starts nothing more after a failure', async () => {
  const started: number[] = [];
  const running = forEachOf([1, 2, 3, 4], 1, async (item) => {
    started.push(item);
    if (item === 2) throw new Error('two');
  });
  await expect(running).rejects.toThrow('two');
  expect(started).toEqual([1, 2]);
});

it('names and picks evenly', () => {
  expect(numbered('f', 2)).toEqual(['f-0', 'f-1']);
  expect(spread([0, 1, 2, 3, 4, 5], 3)).toEqual([0, 2, 4]);
  expect(spread([0, 1], 5)).toEqual([0, 1]);
});
