import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '#kube/testing/fake-clock.ts';
import { LEASE_MS, Ownership } from './ownership.ts';
import { SharedLeases } from './testing/shared-leases.ts';

const SLOTS = Array.from({ length: 40 }, (_, i) => i);
const log = pino({ level: 'silent' });

let clock: FakeClock;
let leases: SharedLeases;
/** By slot, which gateways run it; more than one at any moment is what must never be. */
let runners: Map<number, Set<string>>;
let doubles: string[];

beforeEach(() => {
  clock = createFakeClock();
  leases = new SharedLeases(clock);
  runners = new Map(SLOTS.map((slot) => [slot, new Set()]));
  doubles = [];
});

interface Member {
  readonly ownership: Ownership;
  readonly slots: () => number[];
  /** How long its sources take to close. */
  closeMs: number;
}

function join(gatewayId: string, slots: readonly number[] = SLOTS): Member {
  const running = (slot: number) => runners.get(slot) as Set<string>;
  const member: Member = {
    closeMs: 0,
    slots: () => SLOTS.filter((slot) => running(slot).has(gatewayId)),
    ownership: new Ownership({
      gatewayId,
      store: leases.storeOf(gatewayId),
      clock,
      log,
      onGained(slot) {
        running(slot).add(gatewayId);
        if (running(slot).size > 1) doubles.push(`${slot}: ${[...running(slot)].join(' ')}`);
      },
      async onLeaving(slot) {
        if (member.closeMs > 0) await new Promise<void>((resolve) => clock.after(member.closeMs, resolve));
        running(slot).delete(gatewayId);
      },
      onLost: (slot) => void running(slot).delete(gatewayId),
    }),
  };
  for (const slot of slots) member.ownership.want(slot, true);
  member.ownership.start();
  return member;
}

async function untilSettled(): Promise<void> {
  await clock.advance(LEASE_MS + 5_000);
}

it('owns everything when it is alone', async () => {
  const a = join('a');
  await untilSettled();
  expect(a.slots()).toEqual(SLOTS);
  expect(a.ownership.owns(3)).toBe(true);
});

it('shares with a gateway that joins, after what ran has been closed', async () => {
  const a = join('a');
  await untilSettled();
  a.closeMs = 3_000;
  const b = join('b');
  await clock.advance(10_000);
  expect(a.slots().length + b.slots().length).toBe(SLOTS.length);
  expect(b.slots().length).toBeGreaterThan(10);
  expect(doubles).toEqual([]);
});

it('hands everything over at once when it stops', async () => {
  const [a, b] = [join('a'), join('b')];
  await untilSettled();
  expect(a.slots().length).toBeGreaterThan(10);
  const stopped = a.ownership.stop();
  await clock.advance(2_500);
  await stopped;
  expect(b.slots()).toEqual(SLOTS);
  expect(doubles).toEqual([]);
});

it('is taken over within 15 s when it dies', async () => {
  const [a, b] = [join('a'), join('b')];
  await untilSettled();
  leases.cutOff('a');
  // A dead gateway runs nothing.
  for (const slot of a.slots()) runners.get(slot)?.delete('a');
  await clock.advance(13_000);
  expect(b.slots()).toEqual(SLOTS);
});

it('stops by itself, when it is cut off, before another starts', async () => {
  const [a, b] = [join('a'), join('b')];
  await untilSettled();
  leases.cutOff('a');
  let endedAt: number | undefined;
  for (let ms = 0; ms < 15_000; ms += 250) {
    await clock.advance(250);
    if (a.slots().length === 0) endedAt ??= clock.monotonic();
  }
  expect(endedAt).toBeDefined();
  expect(a.slots()).toEqual([]);
  expect(b.slots()).toEqual(SLOTS);
  expect(doubles).toEqual([]);
});

it('owns nothing after it stood still, whatever its timers have yet to notice', async () => {
  const a = join('a');
  await untilSettled();
  clock.freeze(LEASE_MS);
  expect(a.ownership.owns(1)).toBe(false);
});

it('goes on through a short absence of Redis', async () => {
  const a = join('a');
  await untilSettled();
  leases.cutOff('a');
  await clock.advance(5_000);
  expect(a.slots()).toEqual(SLOTS);
  leases.reconnect('a');
  await clock.advance(5_000);
  expect(a.slots()).toEqual(SLOTS);
  expect(a.ownership.owns(1)).toBe(true);
});

it('keeps what it holds when Redis lost all, and gives nobody anything anew for the length of a lease', async () => {
  const [a, b] = [join('a'), join('b')];
  await untilSettled();
  const before = a.slots();
  leases.forgetAll();
  leases.cutOff('a');
  await clock.advance(6_000);
  leases.reconnect('a');
  await untilSettled();
  expect(a.slots()).toEqual(before);
  expect(b.slots().length).toBe(SLOTS.length - before.length);
  expect(doubles).toEqual([]);
});

it('gives up a slot without triggers, and asks Redis for nothing when there are none', async () => {
  const a = join('a', [7]);
  await untilSettled();
  expect(a.slots()).toEqual([7]);
  a.ownership.want(7, false);
  await clock.advance(1_000);
  expect(a.slots()).toEqual([]);
  await clock.advance(5_000);
  const { renewals } = leases;
  await clock.advance(60_000);
  expect(leases.renewals).toBe(renewals);
});
