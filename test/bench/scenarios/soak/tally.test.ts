import { expect, it } from 'vitest';
import { createLaneTally } from './tally.ts';

it('tells good calls by their times and failed ones by their kind', () => {
  const tally = createLaneTally();
  tally.add(10, undefined);
  tally.add(20, undefined);
  tally.add(30_000, 'timeout');
  tally.addRepeat();
  expect(tally.result('steady')).toEqual({
    name: 'steady',
    n: 3,
    p50_ms: 10,
    p95_ms: 20,
    p99_ms: 20,
    max_ms: 20,
    errors: 1,
    failures: { timeout: 1 },
  });
  expect(tally.repeats).toBe(1);
  expect(createLaneTally().result('none')).toEqual({ name: 'none', n: 0, errors: 0 });
});
