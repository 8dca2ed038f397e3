import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FunctionState, type Launch } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import { CallQueue } from './call-queue.ts';
import { Patience } from './patience.ts';

const launch: Launch = { poolKey: 'shop/~a', digest: '0', shared: false };
let onTheWay: number;
/** More of them, which nobody has let start yet. */
let gated: number;
let over: string[];
let patience: Patience;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTheWay = 0;
  gated = 0;
  over = [];
  patience = new Patience({
    now: () => performance.now(),
    onTheWay: (_, stalled) => onTheWay + (stalled ? 0 : gated),
    onOver: ({ name }) => void over.push(name),
  });
});
afterEach(() => void vi.useRealTimers());

/** A function of which a call waits. */
function waiting(name: string): FunctionState {
  const fn = new FunctionState(`shop/${name}`, {} as Limits, undefined);
  fn.queue = new CallQueue();
  fn.queue.push({ place: undefined, run() {}, refuse() {} }, 0);
  return fn;
}

it('has nobody wait for a pool from which nothing comes', () => {
  expect(patience.has(waiting('a'), launch)).toBe(false);
});

it('has a function wait until claims under way are over', async () => {
  const claim = Promise.withResolvers<boolean>();
  patience.claiming(launch.poolKey, claim.promise);
  const fn = waiting('a');
  expect(patience.has(fn, launch)).toBe(true);
  expect(patience.has(fn, launch)).toBe(true);
  expect(patience.has(waiting('b'), { ...launch, poolKey: 'shop/~b' })).toBe(false);
  claim.resolve(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(over).toEqual(['a']);
  expect(patience.has(fn, launch)).toBe(false);
});

it('does not wait long for claims', async () => {
  patience.claiming(launch.poolKey, new Promise(() => {}));
  patience.has(waiting('a'), launch);
  await vi.advanceTimersByTimeAsync(299);
  expect(over).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(over).toEqual(['a']);
});

it('has three times as many functions wait as pods are on their way', async () => {
  onTheWay = 1;
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(waiting) as [
    FunctionState,
    FunctionState,
    FunctionState,
    FunctionState,
  ];
  for (const fn of [a, b, c]) expect(patience.has(fn, launch)).toBe(true);
  expect(patience.has(d, launch)).toBe(false);
  patience.leave(a);
  expect(patience.has(d, launch)).toBe(true);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(over).toEqual([]);
  onTheWay = 0;
  await vi.advanceTimersByTimeAsync(2_500);
  expect(over).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  expect(over).toEqual(['b', 'c', 'd']);
});

it('goes on waiting for a pool from which pods come', async () => {
  onTheWay = 1;
  patience.has(waiting('a'), launch);
  await vi.advanceTimersByTimeAsync(9_000);
  patience.claiming(launch.poolKey, Promise.resolve(true));
  await vi.advanceTimersByTimeAsync(9_000);
  expect(over).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(over).toEqual(['a']);
});

it('gives up on pods that do not come', async () => {
  onTheWay = 1;
  patience.has(waiting('a'), launch);
  await vi.advanceTimersByTimeAsync(9_500);
  expect(over).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  expect(over).toEqual(['a']);
});

it('gives up sooner on pods that nobody lets start', async () => {
  gated = 1;
  patience.has(waiting('a'), launch);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(over).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(over).toEqual(['a']);
});

it('says nothing of a function that was served or has left', async () => {
  onTheWay = 2;
  const [served, left] = [waiting('served'), waiting('left')];
  patience.has(served, launch);
  patience.has(left, launch);
  served.queue = undefined;
  patience.leave(left);
  onTheWay = 0;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(over).toEqual([]);
});
