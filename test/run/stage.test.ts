import { expect, it } from 'vitest';
import { countTests } from './stage.ts';

const report = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  numFailedTestSuites: 0,
};

it('counts what the report says', () => {
  expect(countTests(report, 0)).toEqual({ passed: 3, failed: 0, skipped: 2 });
  expect(countTests({ ...report, numFailedTests: 2 }, 1)).toEqual({ passed: 3, failed: 2, skipped: 2 });
});

it('counts a suite that ends badly without a failed test as one failure', () => {
  expect(countTests(report, 1).failed).toBe(1);
  expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
