import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FunctionState } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import { WakeGate } from './wake-gate.ts';

let woken: string[];
let gate: WakeGate;
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(
  (name) => new FunctionState(`shop/${name}`, {} as Limits, undefined),
) as [FunctionState, FunctionState, FunctionState, FunctionState];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  woken = [];
  gate = new WakeGate({ wake: (fn) => void woken.push(fn.name), limit: 2 });
});
afterEach(() => {
  gate.stop();
  vi.useRealTimers();
});

it('lets functions start in order, so many at a time', () => {
  for (const fn of [a, b, c, d]) gate.enter(fn);
  expect(woken).toEqual(['a', 'b']);
  gate.leave(b);
  expect(woken).toEqual(['a', 'b', 'c']);
  gate.leave(a);
  gate.leave(c);
  expect(woken).toEqual(['a', 'b', 'c', 'd']);
});

it('gives no turn to one that was served otherwise', () => {
  for (const fn of [a, b, c, d]) gate.enter(fn);
  gate.leave(c);
  gate.leave(a);
  expect(woken).toEqual(['a', 'b', 'd']);
});

it('wakes one whose turn it is as often as it asks, and others not before', () => {
  for (const fn of [a, b, c]) gate.enter(fn);
  gate.enter(c);
  gate.enter(a);
  expect(woken).toEqual(['a', 'b', 'a']);
});

it('goes on without one whose pod does not come', () => {
  for (const fn of [a, b, c]) gate.enter(fn);
  vi.advanceTimersByTime(9_999);
  expect(woken).toEqual(['a', 'b']);
  vi.advanceTimersByTime(1);
  expect(woken).toEqual(['a', 'b', 'c']);
});
