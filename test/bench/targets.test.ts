import { expect, it } from 'vitest';
import { type Goal, judge, renderTarget } from './targets.ts';

const quick: Goal = { name: 'p50', unit: 'ms', atMost: 15, on: 'real', peer: 'Fission: 39.7 ms' };
const share: Goal = { name: 'rate', unit: '%', atLeast: 80 };

it('judges upper and lower bounds, the bound included', () => {
  expect(judge(quick, 15).reached).toBe(true);
  expect(judge(quick, 15.1).reached).toBe(false);
  expect(judge(share, 80).reached).toBe(true);
  expect(judge(share, 79.9).reached).toBe(false);
});

it('never counts what was not measured as reached', () => {
  for (const measured of [undefined, Number.NaN]) {
    expect(judge(share, measured)).toEqual({ ...share, measured: null, reached: false });
  }
});

it('says it in a line', () => {
  expect(renderTarget(judge(quick, 12.5), 'real')).toBe(
    'p50: 12.5 ms, target ≤ 15 ms: reached (Fission: 39.7 ms)',
  );
  expect(renderTarget(judge(quick, 20), 'local')).toBe(
    'p50: 20 ms, target ≤ 15 ms (real cluster): missed (Fission: 39.7 ms)',
  );
  expect(renderTarget(judge(share, undefined), 'real')).toBe('rate: –, target ≥ 80 %: not measured');
  expect(renderTarget(judge({ name: 'ratio', unit: '', atMost: 1.5 }, 1.2), 'real')).toBe(
    'ratio: 1.2, target ≤ 1.5: reached',
  );
});
