import { describe, expect, it } from 'vitest';
import { createSupply } from './supply.ts';

describe('while functions wait', () => {
  it('suffices when a pod is on its way for each of them', () => {
    const supply = createSupply(new Map([['a', 2]]), () => ({ all: 3, free: 0, starting: 1 }));
    expect(supply.suffices('a')).toBe(false);
    supply.replaced('a');
    expect(supply.suffices('a')).toBe(true);
  });
});

describe('while nobody waits', () => {
  const atOnce = (all: number, free: number): number => {
    const supply = createSupply(new Map([['b', 5]]), () => ({ all, free, starting: 0 }));
    let count = 0;
    for (; count < 100 && !supply.suffices('a'); count++) supply.replaced('a');
    return count;
  };

  it.each([
    ['one at a time while more than half of the pool is free', 30, 29, 1],
    ['one at a time until half is', 30, 16, 1],
    ['two at half', 30, 15, 2],
    ['and no more when hardly any is free', 30, 1, 2],
    ['both pods of a pool of two', 2, 1, 2],
  ])('starts %s', (_, all, free, expected) => {
    expect(atOnce(all, free)).toBe(expected);
  });
});
