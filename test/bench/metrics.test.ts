import { expect, it } from 'vitest';
import { sumOf } from './metrics.ts';

const text = `# HELP queue_depth Keys that wait.
# TYPE queue_depth gauge
queue_depth{name="function"} 3
queue_depth{name="policy",extra="a b"} 4
queue_depth_total 100
leading 1
`;

it('adds up the samples of one name, by label where wanted', () => {
  expect(sumOf(text, 'queue_depth')).toBe(7);
  expect(sumOf(text, 'queue_depth', { name: 'policy' })).toBe(4);
  expect(sumOf(text, 'leading')).toBe(1);
  expect(sumOf(text, 'absent')).toBe(0);
});
