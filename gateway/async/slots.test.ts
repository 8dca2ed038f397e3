import { beforeEach, describe, expect, it } from 'vitest';
import { FunctionState } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import { Slots } from './slots.ts';

const fn = (name: string, limits: Partial<Limits> = {}) =>
  new FunctionState(`shop/${name}`, { concurrency: 100, maxReplicas: 10, ...limits } as Limits, undefined);

let now = 0;
let slots: Slots;
beforeEach(() => {
  now = 1_000;
  slots = new Slots(() => now, 120);
});

/** Takes all that the function may have; returns how many. */
function fill(state: FunctionState): number {
  let taken = 0;
  while (slots.headroom(state) > 0) {
    slots.take(state.key, state);
    taken += 1;
  }
  return taken;
}

describe('Slots', () => {
  it('gives one function half, and each further one as much as is then left', () => {
    expect(fill(fn('a'))).toBe(60);
    expect(fill(fn('b'))).toBe(30);
    expect(fill(fn('c'))).toBe(15);
    expect(slots.free).toBe(15);
    expect(slots.headroomOfOthers).toBe(1);
  });

  it('gives no more than the function can run, and of that only the part of one gateway', () => {
    expect(fill(fn('a', { concurrency: 2, maxReplicas: 3 }))).toBe(6);
    slots.gateways = 4;
    expect(fill(fn('b', { concurrency: 2, maxReplicas: 3 }))).toBe(2);
  });

  it('has nothing for anybody when all are taken', () => {
    for (let i = 0; i < 120; i++) slots.take(`shop/f${i}`, fn(`f${i}`));
    expect(slots.headroomOfOthers).toBe(0);
    expect(slots.headroom(fn('other'))).toBe(0);
    slots.give('shop/f0');
    expect(slots.headroom(fn('other'))).toBe(1);
  });

  it('gives less to a function that has too much to do, and forgets it when that is over', () => {
    const a = fn('a', { concurrency: 8, maxReplicas: 1 });
    expect(fill(a)).toBe(8);
    now += 10;
    slots.answered(a, { throttled: true, startedAt: now });
    expect(slots.heldBack).toBe(1);
    for (let i = 0; i < 8; i++) slots.give(a.key);
    expect(fill(a)).toBe(4);
    for (let i = 0; i < 100; i++) slots.answered(a, { throttled: false, startedAt: now });
    for (let i = 0; i < 4; i++) slots.give(a.key);
    expect(slots.heldBack).toBe(0);
    expect([...slots.headrooms()]).toEqual([]);
  });

  it('tells when a paused function may go on', () => {
    const a = fn('a', { concurrency: 1, maxReplicas: 1 });
    slots.take(a.key, a);
    now += 10;
    slots.answered(a, { throttled: true, startedAt: now, retryAfterMs: 2_000 });
    slots.give(a.key);
    expect([...slots.headrooms()]).toEqual([['shop/a', 0]]);
    expect(slots.shortestPauseMs).toBe(2_000);
    now += 2_000;
    expect(slots.shortestPauseMs).toBeUndefined();
    expect(slots.headroom(a)).toBe(1);
  });
});
