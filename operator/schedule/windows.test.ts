import { describe, expect, it } from 'vitest';
import type { Schedule } from './cron.ts';
import { windowsAt } from './windows.ts';

const office: Schedule = {
  name: 'office',
  start: '0 8 * * MON-FRI',
  durationMinutes: 600,
  timeZone: 'Europe/Berlin',
  minReplicas: 5,
};
const at = (time: string) => Date.parse(time);
const iso = (ms: number | undefined) => ms && new Date(ms).toISOString().replace('.000Z', 'Z');
const look = (time: string, ...schedules: Partial<Schedule>[]) => {
  const { open, next, invalid, changesAtMs } = windowsAt(
    schedules.map((overrides) => ({ ...office, ...overrides })),
    at(time),
  );
  return {
    open: open.map(({ name, untilMs }) => `${name} until ${iso(untilMs)}`),
    next: next && `${next.name} at ${iso(next.opensAtMs)}`,
    invalid,
    changesAt: iso(changesAtMs),
  };
};

describe('a schedule', () => {
  it.each([
    ['2026-01-05T06:59:59.999Z', 'closed, until 2026-01-05T07:00:00Z'],
    ['2026-01-05T07:00:00.000Z', 'open, until 2026-01-05T17:00:00Z'],
    ['2026-01-05T07:00:00.001Z', 'open, until 2026-01-05T17:00:00Z'],
    ['2026-01-05T16:59:59.999Z', 'open, until 2026-01-05T17:00:00Z'],
    ['2026-01-05T17:00:00.000Z', 'closed, until 2026-01-06T07:00:00Z'],
    ['2026-01-10T12:00:00.000Z', 'closed, until 2026-01-12T07:00:00Z'],
  ])('at %s is %s', (time, expected) => {
    const { open, changesAt } = look(time, {});
    expect(`${open.length > 0 ? 'open' : 'closed'}, until ${changesAt}`).toBe(expected);
  });

  it('says when it opens, and nothing of what is open', () => {
    expect(look('2026-01-05T03:00:00Z', {})).toEqual({
      open: [],
      next: 'office at 2026-01-05T07:00:00Z',
      invalid: [],
      changesAt: '2026-01-05T07:00:00Z',
    });
  });

  it('lasts over midnight and into another month', () => {
    const night = { start: '0 22 31 * *', durationMinutes: 180, timeZone: 'UTC' };
    expect(look('2026-02-01T00:59:00Z', night).open).toEqual(['office until 2026-02-01T01:00:00Z']);
    expect(look('2026-02-01T01:00:00Z', night).open).toEqual([]);
  });

  it('opens on either of two kinds of days, as cron has it', () => {
    const days = { start: '0 8 13 * FRI', durationMinutes: 60, timeZone: 'UTC' };
    expect(look('2026-01-13T08:30:00Z', days).open).toHaveLength(1);
    expect(look('2026-01-16T08:30:00Z', days).open).toHaveLength(1);
    expect(look('2026-01-14T08:30:00Z', days).open).toHaveLength(0);
  });

  it('is one window where its windows meet', () => {
    const shifts = { start: '0 6,14 * * *', durationMinutes: 480, timeZone: 'UTC' };
    expect(look('2026-01-05T06:00:00Z', shifts).open).toEqual(['office until 2026-01-05T22:00:00Z']);
    expect(look('2026-01-05T15:00:00Z', shifts).open).toEqual(['office until 2026-01-05T22:00:00Z']);
  });

  it('that never closes is looked at again and again', () => {
    const always = { start: '* * * * *', durationMinutes: 1, timeZone: 'UTC' };
    const { open, changesAt } = look('2026-01-05T06:00:30Z', always);
    expect(open).toHaveLength(1);
    expect(changesAt).toBe('2026-01-05T06:25:00Z');
  });
});

describe('several schedules', () => {
  const night = { name: 'night', start: '0 17 * * *', durationMinutes: 60, timeZone: 'UTC' };

  it('are open side by side, and the first change of any counts', () => {
    const lunch = { name: 'lunch', start: '0 11 * * *', durationMinutes: 60, timeZone: 'UTC' };
    expect(look('2026-01-05T11:30:00Z', {}, lunch, night)).toEqual({
      open: ['office until 2026-01-05T17:00:00Z', 'lunch until 2026-01-05T12:00:00Z'],
      next: 'night at 2026-01-05T17:00:00Z',
      invalid: [],
      changesAt: '2026-01-05T12:00:00Z',
    });
  });

  it('do not depend on one that cannot be read', () => {
    const { open, invalid } = look('2026-01-05T11:30:00Z', { name: 'bad', start: '61 * * * *' }, {});
    expect(open).toEqual(['office until 2026-01-05T17:00:00Z']);
    expect(invalid.map(({ name, field }) => [name, field])).toEqual([['bad', 'start']]);
  });

  it('without any change to come have none', () => {
    expect(look('2026-01-05T11:30:00Z', { timeZone: 'Mars/Olympus' }).changesAt).toBeUndefined();
  });
});

describe('when clocks are put forward (Berlin, 2026-03-29, 02:00 to 03:00)', () => {
  const daily = { start: '0 8 * * *' };

  it('the hour on the clock stays', () => {
    expect(look('2026-03-28T07:30:00Z', daily).open).toEqual(['office until 2026-03-28T17:00:00Z']);
    expect(look('2026-03-29T05:59:59Z', daily).open).toEqual([]);
    expect(look('2026-03-29T06:00:00Z', daily).open).toEqual(['office until 2026-03-29T16:00:00Z']);
    expect(look('2026-03-29T16:00:00Z', daily).next).toBe('office at 2026-03-30T06:00:00Z');
  });

  it('a window over the change lasts as long as it says', () => {
    const night = { start: '0 22 * * *', durationMinutes: 600 };
    // From 22:00 to 09:00 on the clock.
    expect(look('2026-03-29T02:00:00Z', night).open).toEqual(['office until 2026-03-29T07:00:00Z']);
  });

  it('a window in the hour that is left out opens right after it', () => {
    const early = { start: '30 2 * * *', durationMinutes: 60 };
    expect(look('2026-03-29T00:59:59Z', early).next).toBe('office at 2026-03-29T01:00:00Z');
    expect(look('2026-03-29T01:30:00Z', early).open).toEqual(['office until 2026-03-29T02:00:00Z']);
    expect(look('2026-03-29T02:00:00Z', early).next).toBe('office at 2026-03-30T00:30:00Z');
  });
});

describe('when clocks are put back (Berlin, 2026-10-25, 03:00 to 02:00)', () => {
  it('the hour on the clock stays', () => {
    const daily = { start: '0 8 * * *' };
    expect(look('2026-10-24T06:00:00Z', daily).open).toEqual(['office until 2026-10-24T16:00:00Z']);
    expect(look('2026-10-25T06:30:00Z', daily).open).toEqual([]);
    expect(look('2026-10-25T07:00:00Z', daily).open).toEqual(['office until 2026-10-25T17:00:00Z']);
  });

  it('a window over the change lasts as long as it says', () => {
    const night = { start: '0 22 * * *', durationMinutes: 600 };
    // From 22:00 to 07:00 on the clock.
    expect(look('2026-10-25T02:00:00Z', night).open).toEqual(['office until 2026-10-25T06:00:00Z']);
  });

  it('a window in the hour that comes twice opens once', () => {
    const early = { start: '30 2 * * *', durationMinutes: 30 };
    expect(look('2026-10-25T00:29:59Z', early).next).toBe('office at 2026-10-25T00:30:00Z');
    expect(look('2026-10-25T00:45:00Z', early).open).toEqual(['office until 2026-10-25T01:00:00Z']);
    expect(look('2026-10-25T01:00:00Z', early).next).toBe('office at 2026-10-26T01:30:00Z');
    expect(look('2026-10-25T01:45:00Z', early).open).toEqual([]);
  });
});

describe('a schedule that can never open', () => {
  it.each([
    [
      { start: '61 8 * * *' },
      'start',
      /^"61 8 \* \* \*" cannot be read: .+\. Give minute, hour, day of month/,
    ],
    [{ start: '0 8 * * FUNDAY' }, 'start', /cannot be read: .+\. Give minute/],
    [{ start: '0 8 * * * *' }, 'start', /cannot be read: .+\. Give minute/],
    [{ start: '0 8 30 2 *' }, 'start', /^"0 8 30 2 \*" is a day that never comes\. Give minute/],
    [{ timeZone: 'Europe/Berlyn' }, 'timeZone', /^"Europe\/Berlyn" is no time zone\. Give an IANA name/],
  ])('%j says what is wrong, and what would be right', (overrides, field, problem) => {
    expect(look('2026-01-05T12:00:00Z', overrides).invalid).toEqual([
      { name: 'office', field, problem: expect.stringMatching(problem) },
    ]);
  });
});
