import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '#kube/testing/fake-clock.ts';
import type { LastRuns } from '../last-runs.ts';
import type { TriggerEvent } from '../source.ts';
import { type CronConfig, cronSource } from './cron.ts';

const defaults = { timeZone: 'UTC', missedRuns: 'skip', overlap: 'allow' } as const;

let clock: FakeClock;
let stored: Map<string, number>;
let events: TriggerEvent[];
let stop: AbortController;
let deliver: () => Promise<void>;
const lastRuns: LastRuns = {
  get: async (_key, _trigger, schedule) => stored.get(schedule),
  set: async (_key, _trigger, schedule, at) => void stored.set(schedule, at),
};

beforeEach(() => {
  startAt('2026-01-01T00:00:30Z');
  stored = new Map();
});

function startAt(time: string): void {
  clock = createFakeClock(Date.parse(time));
  events = [];
  stop = new AbortController();
  deliver = async () => {};
}

function run(config: Partial<CronConfig> & { schedule: string }): Promise<void> {
  const source = cronSource(
    lastRuns,
    clock,
  )({
    functionKey: 'shop/hello',
    name: 'nightly',
    config: { ...defaults, ...config },
    credentials: {},
  });
  return source.run({
    signal: stop.signal,
    log: pino({ level: 'silent' }),
    connected() {},
    lag() {},
    deliver: (some) => {
      events.push(...some);
      return deliver();
    },
  });
}

const times = () => events.map(({ time }) => time);

it('makes an event at each scheduled time, and at no other', async () => {
  const ended = run({ schedule: '*/15 * * * *' });
  await clock.advance(3_600_000);
  expect(times()).toEqual([
    '2026-01-01T00:15:00.000Z',
    '2026-01-01T00:30:00.000Z',
    '2026-01-01T00:45:00.000Z',
    '2026-01-01T01:00:00.000Z',
  ]);
  expect(events[0]).toMatchObject({
    id: '2026-01-01T00:15:00.000Z',
    type: 'dev.catnap.cron',
    source: '/namespaces/shop/functions/hello/triggers/nightly',
    contentType: 'application/json',
    data: Buffer.from('{"scheduledTime":"2026-01-01T00:15:00.000Z"}'),
  });
  stop.abort();
  await ended;
  expect(clock.timers).toBe(0);
});

it.each([
  ['{"a":1}', 'application/json'],
  ['good morning', 'text/plain; charset=utf-8'],
])('carries the data that it is given: %s', async (data, contentType) => {
  void run({ schedule: '* * * * *', data });
  await clock.advance(30_000);
  expect(events[0]).toMatchObject({ contentType, data: Buffer.from(data) });
});

it('follows the clocks of its time zone', async () => {
  // Summer time begins on 29 March 2026 at 02:00 in Vienna: half past two never comes.
  startAt('2026-03-27T12:00:00Z');
  void run({ schedule: '30 2 * * *', timeZone: 'Europe/Vienna' });
  await clock.advance(3 * 86_400_000);
  expect(times()).toEqual([
    '2026-03-28T01:30:00.000Z',
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ]);
});

describe('a run that fell into a time without gateways', () => {
  const schedule = '0 * * * *';
  const id = '0 * * * * UTC';
  beforeEach(() => startAt('2026-01-01T05:20:00Z'));

  it('is left out', async () => {
    stored.set(id, Date.parse('2026-01-01T02:00:00Z'));
    void run({ schedule });
    await clock.advance(3_600_000);
    expect(times()).toEqual(['2026-01-01T06:00:00.000Z']);
  });

  it('is made up for, once for all of them, when asked', async () => {
    stored.set(id, Date.parse('2026-01-01T02:00:00Z'));
    void run({ schedule, missedRuns: 'runOnce' });
    await clock.advance(3_600_000);
    expect(times()).toEqual(['2026-01-01T05:00:00.000Z', '2026-01-01T06:00:00.000Z']);
  });

  it('is not missed when it is late by less than a minute: a gateway took over meanwhile', async () => {
    startAt('2026-01-01T05:00:14Z');
    stored.set(id, Date.parse('2026-01-01T04:00:00Z'));
    void run({ schedule });
    await clock.advance(1_000);
    expect(times()).toEqual(['2026-01-01T05:00:00.000Z']);
  });

  it('is none when the trigger is new, or its schedule', async () => {
    stored.set('another schedule', Date.parse('2025-01-01T00:00:00Z'));
    void run({ schedule, missedRuns: 'runOnce' });
    await clock.advance(1_000);
    expect(times()).toEqual([]);
    expect(stored.get(id)).toBe(Date.parse('2026-01-01T05:20:00Z'));
  });
});

it('writes down a run when it has come to its end, so that an interrupted one is repeated', async () => {
  const call = Promise.withResolvers<void>();
  deliver = () => call.promise;
  void run({ schedule: '* * * * *' });
  await clock.advance(40_000);
  expect(times()).toEqual(['2026-01-01T00:01:00.000Z']);
  expect(stored.get('* * * * * UTC')).toBe(Date.parse('2026-01-01T00:00:30Z'));
  call.resolve();
  await clock.advance(0);
  expect(stored.get('* * * * * UTC')).toBe(Date.parse('2026-01-01T00:01:00Z'));
});

it.each([
  ['allow', 3],
  ['skip', 1],
] as const)('overlap: %s starts %i runs while the first has not ended', async (overlap, expected) => {
  deliver = () => new Promise(() => {});
  void run({ schedule: '* * * * *', overlap });
  await clock.advance(155_000);
  expect(events).toHaveLength(expected);
});

it('does not pile up runs for ever', async () => {
  deliver = () => new Promise(() => {});
  void run({ schedule: '* * * * *' });
  await clock.advance(150 * 60_000);
  expect(events).toHaveLength(100);
});

it('does not repeat a run when the clock is set back', async () => {
  void run({ schedule: '*/10 * * * *' });
  await clock.advance(10 * 60_000);
  expect(events).toHaveLength(1);
  clock.setWallClock(Date.parse('2026-01-01T00:05:00Z'));
  await clock.advance(10 * 60_000);
  expect(times()).toEqual(['2026-01-01T00:10:00.000Z']);
});

it('notices within a minute that the clock was set forward', async () => {
  void run({ schedule: '0 12 * * *' });
  await clock.advance(1_000);
  clock.setWallClock(Date.parse('2026-01-01T11:59:50Z'));
  await clock.advance(70_000);
  expect(times()).toEqual(['2026-01-01T12:00:00.000Z']);
});

it.each([
  [{ schedule: '0 0 31 2 *' }, /never comes/],
  [{ schedule: '* * * * *', timeZone: 'Mars/Olympus' }, /Mars\/Olympus|time ?zone/i],
  [{ schedule: 'soon' }, /./],
])('refuses %j', (config, message) => {
  expect(() => run(config)).toThrow(message);
});
