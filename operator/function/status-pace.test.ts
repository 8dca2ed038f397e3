import { expect, it } from 'vitest';
import type { FunctionStatus } from '#crds/function/types.ts';
import { createStatusPace, isNumbersOnly } from './status-pace.ts';

const status = { observedGeneration: 1, replicas: 3, readyReplicas: 2, conditions: [] } as FunctionStatus;

it.each([
  ['nothing', {}, true],
  ['how many pods there are', { replicas: 4, readyReplicas: 4 }, true],
  ['what was observed', { observedGeneration: 2 }, false],
  ['how many pods there are, and what it runs', { readyReplicas: 3, revision: 'abc' }, false],
])('%s changed', (_what, change, expected) => {
  expect(isNumbersOnly(status, { ...status, ...change })).toBe(expected);
});

it('a status that was never written differs in more than numbers', () => {
  expect(isNumbersOnly(undefined, status)).toBe(false);
});

it('lets numbers follow a write after a second, of each function by itself', () => {
  let now = 0;
  const pace = createStatusPace(() => now);
  pace.wrote('a');
  now = 400;
  pace.wrote('b');
  expect(['a', 'b', 'c'].map(pace.untilNext)).toEqual([600, 1_000, 0]);
  now = 999;
  pace.wrote('b');
  expect(['a', 'b'].map(pace.untilNext)).toEqual([1, 1_000]);
  now = 1_000;
  expect(['a', 'b'].map(pace.untilNext)).toEqual([0, 999]);
});
