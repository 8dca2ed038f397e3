import { expect, it } from 'vitest';
import { countBy, describeCounts } from './tally.ts';

it('counts by kind, most frequent first', () => {
  const counts = countBy(['timeout', '503 queue-full', '503 queue-full']);
  expect(Object.keys(counts)).toEqual(['503 queue-full', 'timeout']);
  expect(describeCounts(counts)).toBe('2 × 503 queue-full, 1 × timeout');
  expect(countBy([])).toEqual({});
});
