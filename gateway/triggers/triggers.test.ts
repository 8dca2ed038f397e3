import { beforeEach, expect, it } from 'vitest';
import type { FunctionTriggers } from './function-triggers.ts';
import { slotOf } from './slots.ts';
import { Triggers } from './triggers.ts';

const KEY = 'shop/hello';
const SLOT = slotOf(KEY);

let wanted: Map<number, boolean>;
/** What happened to the triggers of a function, in order. */
let told: string[];
let ends: (() => void)[];
let triggers: Triggers;

beforeEach(() => {
  wanted = new Map();
  told = [];
  ends = [];
  let made = 0;
  triggers = new Triggers({
    ownership: { want: (slot, isWanted) => void wanted.set(slot, isWanted) },
    onNone: (key) => told.push(`none ${key}`),
    create: (_, after) => {
      const number = ++made;
      void Promise.resolve(after).then(() => told.push(`${number} may start`));
      return {
        update: (digest: string) => told.push(`${number} update ${digest}`),
        stop: (graceMs: number) => {
          told.push(`${number} stop ${graceMs}`);
          return new Promise<void>((resolve) => ends.push(resolve));
        },
      } as unknown as FunctionTriggers;
    },
  });
});

const settle = () => new Promise((resolve) => setImmediate(resolve));

it('wants a slot as long as a function in it has triggers', () => {
  triggers.setFunction(KEY, undefined);
  expect(wanted.size).toBe(0);
  triggers.setFunction(KEY, 'd1');
  expect(wanted.get(SLOT)).toBe(true);
  triggers.setFunction(KEY, undefined);
  expect(wanted.get(SLOT)).toBe(false);
  expect(told).toEqual([`none ${KEY}`]);
});

it('runs what it owns, and follows changes', async () => {
  triggers.setFunction(KEY, 'd1');
  triggers.gained(SLOT);
  triggers.setFunction(KEY, 'd2');
  triggers.setFunction(KEY, 'd2');
  triggers.setFunction(KEY, undefined);
  await settle();
  expect(told).toEqual(['1 update d1', '1 update d2', '1 stop 5000', `none ${KEY}`, '1 may start']);
});

it('has left a slot when all in it has ended, the triggers of deleted functions too', async () => {
  triggers.setFunction(KEY, 'd1');
  triggers.gained(SLOT);
  triggers.setFunction(KEY, undefined);
  let left = false;
  const leaving = triggers.leaving(SLOT).then(() => {
    left = true;
  });
  await settle();
  expect(left).toBe(false);
  ends[0]?.();
  await leaving;
});

it('has no more patience with what was ending in good order when the slot is lost', async () => {
  triggers.setFunction(KEY, 'd1');
  triggers.gained(SLOT);
  void triggers.leaving(SLOT);
  triggers.lost(SLOT);
  await settle();
  expect(told).toContain('1 stop 0');
});

it('does not start anew before what ran has ended', async () => {
  triggers.setFunction(KEY, 'd1');
  triggers.gained(SLOT);
  triggers.lost(SLOT);
  triggers.gained(SLOT);
  await settle();
  expect(told).toContain('2 update d1');
  expect(told).not.toContain('2 may start');
  for (const end of ends) end();
  await settle();
  expect(told).toContain('2 may start');
});
