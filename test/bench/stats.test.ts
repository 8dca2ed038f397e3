import { expect, it } from 'vitest';
import { latencies, percentile, ratePerSecond } from './stats.ts';

it('takes the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 1)).toBe(100);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

it('sorts by number', () => {
  expect(latencies([10, 9, 1])).toEqual({ p50_ms: 9, p95_ms: 10, p99_ms: 10, max_ms: 10 });
});

it('counts the rate from the first to the last', () => {
  expect(ratePerSecond([300, 100, 200])).toBe(10);
  expect(ratePerSecond([5])).toBeNaN();
});
