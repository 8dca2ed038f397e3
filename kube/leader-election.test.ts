import { expect, it } from 'vitest';
import { KubeError } from './errors.ts';
import { type LeadershipOptions, processIdentity, runWithLeadership } from './leader-election.ts';
import { createFakeClock, type FakeClock } from './testing/fake-clock.ts';
import { createLeaseStore, type LeaseStore } from './testing/lease-store.ts';

interface Candidate {
  leading: boolean;
  lost: boolean;
  /** Milliseconds at which leading began and ended, on the fake clock. */
  since?: number;
  stop(): void;
  finished: Promise<void>;
}

function candidate(
  identity: string,
  store: LeaseStore,
  clock: FakeClock,
  options: Partial<LeadershipOptions> = {},
): Candidate {
  const controller = new AbortController();
  const state: Candidate = {
    leading: false,
    lost: false,
    stop: () => controller.abort(),
    finished: Promise.resolve(),
  };
  state.finished = runWithLeadership({
    client: store.client,
    namespace: 'catnap-system',
    name: 'catnap-operator',
    identity,
    clock,
    random: () => 0,
    signal: controller.signal,
    lead(signal) {
      state.leading = true;
      state.since = clock.monotonic();
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          state.leading = false;
          resolve();
        });
      });
    },
    onLost() {
      state.lost = true;
    },
    ...options,
  });
  return state;
}

const unavailable = () => new KubeError({ status: 503, reason: 'ServiceUnavailable', message: 'down' });

function setup() {
  return { clock: createFakeClock(), store: createLeaseStore() };
}

it('creates the Lease with times of six fraction digits', async () => {
  const { clock, store } = setup();
  candidate('a', store, clock);
  await clock.advance(0);
  expect(store.current?.spec).toEqual({
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 0,
  });
});

it('renews every two seconds with one write and no read', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(0);
  store.calls.length = 0;
  await clock.advance(20_000);
  expect(store.calls).toEqual(Array(10).fill('update'));
  expect(store.current?.spec?.renewTime).toBe('2026-01-01T00:00:20.000000Z');
  expect(store.current?.spec?.acquireTime).toBe('2026-01-01T00:00:00.000000Z');
  expect(a.leading).toBe(true);
});

it('lets a second candidate wait as long as the first one renews', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(0);
  const b = candidate('b', store, clock);
  await clock.advance(120_000);
  expect([a.leading, b.leading]).toEqual([true, false]);
});

it('hands over within one retry period when the leader stops in good order', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(0);
  const b = candidate('b', store, clock);
  await clock.advance(5_000);
  a.stop();
  await a.finished;
  expect(store.current?.spec).toMatchObject({ holderIdentity: '', leaseTransitions: 0 });
  await clock.advance(2_000);
  expect(b.leading).toBe(true);
  expect(store.current?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
});

it('takes over from a dead leader 15 to 17 s after its last change, seen from here', async () => {
  const { clock, store } = setup();
  store.current = {
    metadata: { resourceVersion: '7' },
    spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' },
  };
  const b = candidate('b', store, clock);
  await clock.advance(14_999);
  expect(b.leading).toBe(false);
  await clock.advance(2_001);
  expect(b.leading).toBe(true);
});

it('does not believe times in the Lease, be they long past or far ahead', async () => {
  for (const renewTime of ['2001-01-01T00:00:00.000000Z', '2051-01-01T00:00:00.000000Z']) {
    const { clock, store } = setup();
    store.current = { metadata: { resourceVersion: '7' }, spec: { holderIdentity: 'x', renewTime } };
    const b = candidate('b', store, clock);
    await clock.advance(14_000);
    expect(b.leading).toBe(false);
    await clock.advance(4_000);
    expect(b.leading).toBe(true);
  }
});

it('is not misled by a jump of the wall clock', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(0);
  const b = candidate('b', store, clock);
  await clock.advance(4_000);
  clock.setWallClock(Date.parse('2040-01-01T00:00:00Z'));
  await clock.advance(30_000);
  expect([a.leading, a.lost, b.leading]).toEqual([true, false, false]);
});

it('gives up after 10 s without a renewal, before anybody else may lead', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(0);
  const b = candidate('b', store, clock);
  await clock.advance(2_000);
  store.intercept = async () => {
    throw unavailable();
  };
  await clock.advance(9_900);
  expect(a.lost).toBe(false);
  await clock.advance(2_000);
  expect([a.lost, a.leading, b.leading]).toEqual([true, false, false]);
  store.intercept = async () => {};
  await clock.advance(5_500);
  expect(b.leading).toBe(true);
});

it('survives failures that are shorter than the deadline', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(2_000);
  store.intercept = async () => {
    throw unavailable();
  };
  await clock.advance(7_000);
  store.intercept = async () => {};
  await clock.advance(30_000);
  expect([a.leading, a.lost]).toEqual([true, false]);
});

it('gives up at the deadline also when the call hangs', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(2_000);
  store.intercept = () => new Promise(() => {});
  await clock.advance(10_000);
  expect(a.lost).toBe(true);
});

it('gives up when its process stood still beyond the deadline, without asking first', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(1_000);
  clock.freeze(11_000);
  store.calls.length = 0;
  await clock.advance(1_000);
  expect(a.lost).toBe(true);
  expect(store.calls).toEqual([]);
});

it('gives up at once when somebody else holds the Lease', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(0);
  store.current = { metadata: { resourceVersion: '99' }, spec: { holderIdentity: 'thief' } };
  await clock.advance(2_000);
  expect([a.lost, a.leading]).toEqual([true, false]);
  await a.finished;
  expect(store.current.spec?.holderIdentity).toBe('thief');
});

it('keeps leading when something else in the Lease was changed', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock);
  await clock.advance(0);
  store.current = { ...store.current, metadata: { resourceVersion: '99', annotations: { note: 'x' } } };
  await clock.advance(30_000);
  expect([a.leading, a.lost]).toEqual([true, false]);
  expect(store.current.metadata?.annotations).toEqual({ note: 'x' });
});

it('lets one of two candidates win the creation', async () => {
  const { clock, store } = setup();
  const both = [candidate('a', store, clock), candidate('b', store, clock)];
  await clock.advance(10_000);
  expect(both.filter(({ leading }) => leading)).toHaveLength(1);
});

it('releases only after the work has ended', async () => {
  const { clock, store } = setup();
  const work = Promise.withResolvers<void>();
  const a = candidate('a', store, clock, { lead: () => work.promise });
  await clock.advance(0);
  a.stop();
  await clock.advance(30_000);
  expect(store.current?.spec?.holderIdentity).toBe('a');
  work.resolve();
  await clock.advance(0);
  await a.finished;
  expect(store.current?.spec?.holderIdentity).toBe('');
});

it('releases and rejects when the work fails', async () => {
  const { clock, store } = setup();
  const a = candidate('a', store, clock, { lead: () => Promise.reject(new Error('no database')) });
  await expect(a.finished).rejects.toThrow('no database');
  expect(store.current?.spec?.holderIdentity).toBe('');
});

it('stops waiting when it is stopped', async () => {
  const { clock, store } = setup();
  candidate('a', store, clock);
  await clock.advance(0);
  const b = candidate('b', store, clock);
  await clock.advance(0);
  b.stop();
  await b.finished;
  expect(store.current?.spec?.holderIdentity).toBe('a');
});

it('refuses durations under which two could lead', async () => {
  const { clock, store } = setup();
  const run = (options: Partial<LeadershipOptions>) => candidate('a', store, clock, options).finished;
  await expect(run({ leaseDurationMs: 10_000 })).rejects.toThrow('more than renewDeadlineMs');
  await expect(run({ renewDeadlineMs: 2_400 })).rejects.toThrow('1.2 times retryPeriodMs');
  await expect(run({ leaseDurationMs: 15_500 })).rejects.toThrow('whole seconds');
});

it('has an identity of host and random part', () => {
  expect(processIdentity()).toMatch(/^.+_[0-9a-f-]{36}$/);
  expect(processIdentity()).not.toBe(processIdentity());
});
