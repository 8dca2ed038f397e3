import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FunctionState } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import { CallQueue } from '#gateway/invoke/call-queue.ts';
import type { Pod } from '#gateway/pods/pod.ts';
import { Growth } from './growth.ts';

let fn: FunctionState;
let grown: number;
let growth: Growth;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  fn = new FunctionState('shop/hello', {} as Limits, undefined);
  fn.pods = [{ state: 'up' } as Pod];
  fn.queue = new CallQueue();
  fn.queue.push({ place: undefined, run() {}, refuse() {} }, 0);
  grown = 0;
  growth = new Growth({ grow: () => void grown++, now: () => performance.now() });
});
afterEach(() => {
  growth.stop();
  vi.useRealTimers();
});

it('lets a function grow in steps for as long as its calls wait', () => {
  growth.crowded(fn);
  growth.crowded(fn);
  vi.advanceTimersByTime(99);
  expect(grown).toBe(0);
  vi.advanceTimersByTime(201);
  expect(grown).toBe(3);
  fn.queue = undefined;
  vi.advanceTimersByTime(1_000);
  expect(grown).toBe(3);
});

it('does not mind a wait that is over by then', () => {
  growth.crowded(fn);
  vi.advanceTimersByTime(40);
  growth.leave(fn);
  vi.advanceTimersByTime(20);
  growth.crowded(fn);
  vi.advanceTimersByTime(99);
  expect(grown).toBe(0);
  vi.advanceTimersByTime(1);
  expect(grown).toBe(1);
});

it('is not misled by a call that is sent to a full pod and comes back', () => {
  growth.crowded(fn);
  for (let i = 0; i < 3; i++) {
    vi.advanceTimersByTime(25);
    growth.leave(fn);
    vi.advanceTimersByTime(5);
    growth.crowded(fn);
  }
  vi.advanceTimersByTime(10);
  expect(grown).toBe(1);
});

it('leaves a function without a pod to be woken', () => {
  fn.pods = [];
  growth.crowded(fn);
  vi.advanceTimersByTime(100);
  expect(grown).toBe(0);
});
