import { expect, it } from 'vitest';
import type { ColdCall } from '../functions/cold-calls.ts';
import { dedicatedTargets, pooledResults, pooledTargets } from './cold-report.ts';

const calls: ColdCall[] = [
  { ms: 10, by: 'pool', timing: { queue: 9, claim: 8, load: 4 } },
  { ms: 12, by: 'pool', timing: { queue: 11, claim: 10, load: 5 } },
  { ms: 600, by: 'own', timing: { queue: 599 } },
  { ms: 60_000, by: 'unknown', failure: 'timeout' },
];

it('judges by all calls, and shows whom they were answered by', () => {
  const results = pooledResults('cold', calls);
  expect(results.map(({ name, n, max_ms, errors }) => [name.trim(), n, max_ms, errors])).toEqual([
    ['cold', 4, 60_000, 1],
    ['of these, by a warm pod', 2, 12, 0],
    ['of that, queue', 2, 11, 0],
    ['of that, claim', 2, 10, 0],
    ['of that, load', 2, 5, 0],
    ['of these, by a pod of its own', 1, 600, 0],
    ['of these, by nobody knows whom', 1, 60_000, 1],
  ]);
  expect(results[0]?.failures).toEqual({ timeout: 1 });
  expect(pooledTargets(results[0]).map(({ reached }) => reached)).toEqual([true, false, false]);
});

it('judges dedicated starts by goals of their own', () => {
  const measured = { name: 'dedicated', n: 30, p50_ms: 650, p95_ms: 1001, errors: 0 };
  expect(dedicatedTargets(measured).map(({ reached }) => reached)).toEqual([true, false]);
  expect(pooledTargets(undefined).map(({ measured: value }) => value)).toEqual([null, null, null]);
});
