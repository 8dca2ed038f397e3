import { describe, expect, it } from 'vitest';
import { type PoolDemand, type PoolPast, type PoolPods, startsNow } from './supply.ts';

const starts = (pods: Partial<PoolPods>, demand: Partial<PoolDemand> = {}, past: Partial<PoolPast> = {}) =>
  startsNow(
    { free: 20, starting: 0, gated: 10, ...pods },
    { waiting: 0, recent: 0, ...demand },
    { wasFull: true, restedMs: 0, ...past },
  );

describe('startsNow', () => {
  it('has a pod on its way for each function that waits', () => {
    expect(starts({ starting: 2 }, { waiting: 6 })).toBe(4);
    expect(starts({ starting: 6 }, { waiting: 6 })).toBe(0);
    expect(starts({ gated: 3 }, { waiting: 6 })).toBe(3);
  });

  it('takes its time while nobody waits and there are more than may be needed soon', () => {
    expect(starts({}, {}, { restedMs: 4_999 })).toBe(0);
    expect(starts({}, {}, { restedMs: 5_000 })).toBe(1);
    expect(starts({ gated: 0 }, {}, { restedMs: 5_000 })).toBe(0);
  });

  it('keeps up with what is taken, one after the other', () => {
    expect(starts({}, { recent: 3 }, { restedMs: 1_999 })).toBe(0);
    expect(starts({}, { recent: 3 }, { restedMs: 2_000 })).toBe(1);
    expect(starts({ starting: 1 }, { recent: 3 }, { restedMs: 4_999 })).toBe(0);
  });

  it.each([
    ['as many are taken in ten seconds as are left', { free: 9 }, { recent: 9 }, {}],
    ['none is left', { free: 0 }, {}, {}],
    ['the pool is new', { free: 20 }, {}, { wasFull: false }],
  ])('starts two at a time when %s', (_, pods, demand, past) => {
    expect(starts(pods, demand, past)).toBe(2);
    expect(starts({ ...pods, starting: 1 }, demand, past)).toBe(1);
    expect(starts({ ...pods, starting: 2 }, demand, past)).toBe(0);
  });

  it('starts as many at a time as are taken while one starts', () => {
    expect(starts({ free: 24 }, { recent: 25 })).toBe(5);
    expect(starts({ free: 24, starting: 3 }, { recent: 25 })).toBe(2);
  });

  it('goes on beside pods that do not come up', () => {
    expect(starts({ starting: 5 }, { waiting: 3 }, { restedMs: 5_000 })).toBe(1);
  });
});
