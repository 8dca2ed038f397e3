import { describe, expect, it } from 'vitest';
import { addClaim, busiestSpan, type Claims, type PoolNeed, poolSizes } from './size.ts';

const at = (...seconds: number[]): Claims =>
  seconds.reduce<Claims>((claims, second) => addClaim(claims, second * 1000), []);

describe('busiestSpan', () => {
  it.each([
    ['nothing', at(), 100, 0],
    ['one claim', at(50), 100, 1],
    ['claims at once', at(50, 50, 50), 100, 3],
    ['claims within ten seconds', at(50, 54, 59.9), 100, 3],
    ['claims ten seconds apart', at(50, 60, 70), 100, 1],
    ['two bursts, of which the larger counts', at(50, 51, 80, 81, 82), 100, 3],
    ['what is older than five minutes', at(50, 51, 52), 360, 0],
    ['what is older in part', at(50, 51, 300), 351, 1],
  ])('of %s', (_, claims, now, expected) => expect(busiestSpan(claims, now * 1000)).toBe(expected));

  it('is kept in bounded memory', () => {
    const claims = Array.from({ length: 12_000 }).reduce<Claims>((all) => addClaim(all, 1), []);
    expect(claims.length).toBe(10_000);
  });
});

describe('poolSizes', () => {
  const limits = { min: 1, max: 30, total: 200 };
  const sizes = (needs: Record<string, Partial<PoolNeed>>, overrides: Partial<typeof limits> = {}) => {
    const all = Object.entries(needs).map(
      ([key, need]) => [key, { busiest: 0, starving: 0, held: 0, ...need }] as const,
    );
    return Object.fromEntries(poolSizes(new Map(all), { ...limits, ...overrides }));
  };

  it('is the floor and what the busiest time took, up to the maximum', () => {
    expect(sizes({ quiet: {}, busy: { busiest: 7 }, mad: { busiest: 70 } })).toEqual({
      quiet: 1,
      busy: 8,
      mad: 30,
    });
    expect(sizes({ quiet: {}, busy: { busiest: 7 } }, { min: 3 })).toEqual({ quiet: 3, busy: 10 });
  });

  it('stays what it is while earlier claims are not known', () => {
    expect(sizes({ held: { held: 12 }, busier: { held: 2, busiest: 5 }, lowered: { held: 99 } })).toEqual({
      held: 12,
      busier: 6,
      lowered: 30,
    });
  });

  it('gives each pool its floor first, and then those the most that need it most', () => {
    const needs = { a: { busiest: 2 }, b: { busiest: 9 }, c: { busiest: 5 }, d: {} };
    expect(sizes(needs, { total: 12 })).toEqual({ a: 1, b: 9, c: 1, d: 1 });
    expect(sizes(needs, { total: 15 })).toEqual({ a: 1, b: 10, c: 3, d: 1 });
  });

  it('leaves pools empty that there is no room for, always the same', () => {
    const needs = { c: {}, a: {}, b: {} };
    expect(sizes(needs, { total: 2 })).toEqual({ a: 1, b: 1, c: 0 });
  });
});
