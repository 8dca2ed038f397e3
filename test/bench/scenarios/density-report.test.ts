import { expect, it } from 'vitest';
import { densityTargets, growth, type Memory, memoryNotes } from './density-report.ts';

const few: Memory = [
  { part: 'gateway', name: 'gateway-a', mb: 100 },
  { part: 'gateway', name: 'gateway-b', mb: 110 },
  { part: 'operator', name: 'operator-a', mb: 90 },
];
const many: Memory = [
  { part: 'gateway', name: 'gateway-a', mb: 130 },
  { part: 'gateway', name: 'gateway-b', mb: 131 },
  { part: 'operator', name: 'operator-a', mb: 290 },
];
const wake = (p95_ms: number) => [{ name: 'wake', n: 50, p95_ms, errors: 0 }];

it('judges the process that grew most', () => {
  expect(growth('gateway', few, many)).toBe(30);
  expect(growth('redis', few, many)).toBeUndefined();
});

it('compares wake-ups by their share', () => {
  const targets = densityTargets({ memory: few, results: wake(20) }, { memory: many, results: wake(25) });
  expect(targets.map(({ measured, reached }) => [measured, reached])).toEqual([
    [30, true],
    [25, false],
  ]);
});

it('tells what each function costs', () => {
  expect(memoryNotes(few, many, 1000)).toEqual([
    'gateway: 100 MB and 110 MB resident before, 130 MB and 131 MB with 1000 functions more: 31457 bytes for each.',
    'operator: 90 MB resident before, 290 MB with 1000 functions more: 209715 bytes for each.',
  ]);
});
