import { describe, expect, it } from 'vitest';
import type { FunctionStatus } from '#crds/function/types.ts';
import { aFunction, inlineSpec } from '../function/fixtures.ts';
import { minimumNow, scheduled, scheduleEvents } from './status.ts';
import type { Windows } from './windows.ts';

const noon = Date.parse('2026-01-05T12:00:00Z');
const none: Windows = { open: [], next: undefined, invalid: [], changesAtMs: undefined };
const office = { name: 'office', minReplicas: 5, untilMs: noon };
const lunch = { name: 'lunch', minReplicas: 1, untilMs: noon };
const next = { name: 'night', minReplicas: 2, opensAtMs: noon };
const invalid = { name: 'bad', field: 'start' as const, problem: '"x" cannot be read: why. Give minute.' };
const told = 'spec.scaling.schedules "bad", start: "x" cannot be read: why. Give minute.';

describe('the minimum', () => {
  const spec = (minReplicas: number, maxReplicas = 20) =>
    inlineSpec({ scaling: { ...inlineSpec().scaling, minReplicas, maxReplicas } });

  it.each([
    ['of the spec when nothing is open', spec(2), [], 2],
    ['of the schedule that asks for most', spec(2), [lunch, office], 5],
    ['of the spec when that is more', spec(7), [office], 7],
    ['not above maxReplicas', spec(0, 3), [office], 3],
  ])('is that %s', (_, of, open, expected) => {
    expect(minimumNow(of, { ...none, open })).toBe(expected);
  });
});

describe('the condition', () => {
  it.each<[string, Partial<Windows>, object]>([
    [
      'open windows',
      { open: [office, lunch] },
      {
        status: 'True',
        reason: 'ScheduleOpened',
        message:
          '"office" is open: 5 replicas at least until 2026-01-05T12:00:00Z. "lunch" is open: 1 replica at least until 2026-01-05T12:00:00Z.',
      },
    ],
    [
      'closed ones',
      { next },
      {
        status: 'False',
        reason: 'ScheduleClosed',
        message: 'No schedule is open. "night" opens at 2026-01-05T12:00:00Z.',
      },
    ],
    [
      'a schedule that cannot be read, beside an open one',
      { open: [lunch], invalid: [invalid] },
      {
        status: 'True',
        reason: 'ScheduleInvalid',
        message: `${told} The function goes on without. "lunch" is open: 1 replica at least until 2026-01-05T12:00:00Z.`,
      },
    ],
    [
      'nothing but that',
      { invalid: [invalid] },
      {
        status: 'False',
        reason: 'ScheduleInvalid',
        message: `${told} The function goes on without. No schedule is open.`,
      },
    ],
  ])('tells of %s', (_, windows, finding) => {
    expect(scheduled({ ...none, ...windows })).toEqual(finding);
  });
});

describe('events', () => {
  const status = (
    openSchedules: string[],
    reason = 'ScheduleOpened',
    observedGeneration = 1,
  ): FunctionStatus => ({
    observedGeneration,
    minReplicas: 0,
    openSchedules,
    conditions: [{ type: 'Scheduled', status: 'True', reason, message: '', lastTransitionTime: '' }],
  });
  const notes = (before: FunctionStatus | undefined, after: FunctionStatus, windows: Windows | undefined) =>
    scheduleEvents(aFunction({ status: before }), after, windows).map(
      ({ reason, note }) => `${reason}: ${note}`,
    );

  it('tell of each schedule that opened or closed, and of none that stayed', () => {
    const windows = { ...none, open: [office, lunch] };
    expect(notes(status(['lunch', 'night']), status(['office', 'lunch']), windows)).toEqual([
      'ScheduleOpened: Schedule "office" opened: 5 replicas at least until 2026-01-05T12:00:00Z.',
      'ScheduleClosed: Schedule "night" closed: 0 replicas at least from now on.',
    ]);
    expect(notes(status(['office', 'lunch']), status(['office', 'lunch']), windows)).toEqual([]);
  });

  it('tell of an open window when the schedule is taken out of the spec', () => {
    expect(notes(status(['night']), {}, undefined)).toEqual([
      'ScheduleClosed: Schedule "night" closed: 0 replicas at least from now on.',
    ]);
  });

  it('warn of what cannot be read, once for each generation', () => {
    const windows = { ...none, invalid: [invalid] };
    const warning = [`ScheduleInvalid: ${told} The function goes on without.`];
    expect(notes(undefined, status([], 'ScheduleInvalid'), windows)).toEqual(warning);
    expect(notes(status([], 'ScheduleInvalid'), status([], 'ScheduleInvalid'), windows)).toEqual([]);
    expect(notes(status([], 'ScheduleInvalid'), status([], 'ScheduleInvalid', 2), windows)).toEqual(warning);
  });
});
