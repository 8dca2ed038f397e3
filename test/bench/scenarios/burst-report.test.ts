import { expect, it } from 'vitest';
import type { BurstCall } from '../load/plan.ts';
import {
  burstResult,
  byPod,
  byPodResults,
  byPodTargets,
  describeRate,
  isolateTargets,
} from './burst-report.ts';

const call = (index: number, ms: number, body: string, status: number | undefined = 200): BurstCall => ({
  index,
  ms,
  body,
  status,
});
const held = new Set(['pool-a']);
const calls = [
  call(0, 20, 'pool-a'),
  call(1, 500, 'fn-many-1-x'),
  call(2, 700, 'fn-many-2-x'),
  call(3, 900, '{"type":"https://catnap.dev/problems/queue-full"}', 503),
  { index: 4, ms: 1000, body: '' },
];

it('keeps failed calls among the times, and says what they were', () => {
  expect(burstResult('all', calls)).toEqual({
    name: 'all',
    n: 5,
    p50_ms: 700,
    p95_ms: 1000,
    p99_ms: 1000,
    max_ms: 1000,
    pods: 3,
    errors: 2,
    failures: { '503 queue-full': 1, 'no answer': 1 },
  });
});

it('tells who answered', () => {
  expect(byPodResults(byPod(calls, held)).map(({ name, n, errors }) => [name.trim(), n, errors])).toEqual([
    ['one call each to 5 functions at once', 5, 2],
    ['of these, by a pod that the pool held', 1, 0],
    ['of these, by a pod that was started', 2, 0],
    ['of these, by nobody knows whom', 2, 2],
  ]);
});

it('compares the rate of further pods with that of bare ones', () => {
  const measured = (bare: number[] | undefined) =>
    byPodTargets(byPod(calls, held), bare).map((target) => target.measured);
  expect(measured([100, 200])).toEqual([2, 20, 50]);
  expect(measured(undefined)).toEqual([2, 20, null]);
  expect(byPodTargets(byPod([], held), undefined).map((target) => target.measured)).toEqual([0, null, null]);
  expect(describeRate('Pods', [100, 200])).toBe(
    'Pods came at 10 per second, from the first to the last of 2',
  );
});

it('judges hosts by all calls', () => {
  expect(isolateTargets(byPod(calls, held)).map((target) => target.measured)).toEqual([2, 1000]);
});
