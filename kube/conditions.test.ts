import { expect, it } from 'vitest';
import { type Condition, findCondition, isConditionTrue, setCondition } from './conditions.ts';

const T1 = '2026-01-01T00:00:00Z';
const T2 = '2026-01-02T00:00:00Z';
const ready: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'Verifying',
  message: 'starting',
  observedGeneration: 1,
  lastTransitionTime: T1,
};
const { lastTransitionTime: _, ...next } = ready;

it('adds a condition that is new, with the present time', () => {
  expect(setCondition(undefined, next, T1)).toEqual([ready]);
});

it('keeps lastTransitionTime while the status stays, whatever else changes', () => {
  const changed = { ...next, reason: 'LoadFailed', message: 'line 3', observedGeneration: 2 };
  expect(setCondition([ready], changed, T2)).toEqual([{ ...changed, lastTransitionTime: T1 }]);
});

it('moves lastTransitionTime when the status changes', () => {
  expect(setCondition([ready], { ...next, status: 'True' }, T2)).toMatchObject([
    { status: 'True', lastTransitionTime: T2 },
  ]);
});

it('returns the same list when nothing changed, and never changes its input', () => {
  const list = Object.freeze([Object.freeze({ ...ready })]) as Condition[];
  expect(setCondition(list, next, T2)).toBe(list);
  expect(setCondition(list, { ...next, status: 'True' }, T2)).not.toBe(list);
  expect(list[0]?.status).toBe('False');
});

it('leaves other conditions and their order alone', () => {
  const active: Condition = { ...ready, type: 'Active' };
  const list = setCondition([ready, active], { ...next, status: 'True' }, T2);
  expect(list.map(({ type }) => type)).toEqual(['Ready', 'Active']);
  expect(list[1]).toBe(active);
});

it('finds conditions; an absent one is not true', () => {
  expect(findCondition([ready], 'Ready')).toBe(ready);
  expect(isConditionTrue([ready], 'Ready')).toBe(false);
  expect(isConditionTrue([{ ...ready, status: 'True' }], 'Ready')).toBe(true);
  expect(isConditionTrue(undefined, 'Ready')).toBe(false);
});
