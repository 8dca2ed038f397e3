import { expect, it } from 'vitest';
import { createHostSizing, hostsFor } from './hosts.ts';

it('has a host for each 70 functions, one at least and ten at most', () => {
  expect([0, 1, 70, 71, 140, 141, 5_000].map(hostsFor)).toEqual([1, 1, 1, 2, 2, 3, 10]);
});

it('remembers the most of the last five minutes', () => {
  let nowMs = 0;
  const sizing = createHostSizing(() => nowMs);
  const size = () => sizing.sizes(['shop/~hosts']).get('shop/~hosts');
  expect(size()).toBe(1);
  sizing.loaded(new Map([['shop/~hosts', 150]]));
  nowMs = 200_000;
  sizing.loaded(new Map([['shop/~hosts', 10]]));
  expect(size()).toBe(3);
  nowMs = 300_001;
  expect(size()).toBe(1);
});

it('counts functions that found no room', () => {
  const sizing = createHostSizing(() => 0);
  sizing.loaded(new Map([['shop/~hosts', 70]]));
  sizing.missed('shop/~hosts');
  expect(sizing.sizes(['shop/~hosts', 'shop/~others'])).toEqual(
    new Map([
      ['shop/~hosts', 2],
      ['shop/~others', 1],
    ]),
  );
});

it('forgets pools that are no more', () => {
  const sizing = createHostSizing(() => 0);
  sizing.loaded(new Map([['shop/~hosts', 200]]));
  expect(sizing.sizes([]).size).toBe(0);
  expect(sizing.sizes(['shop/~hosts']).get('shop/~hosts')).toBe(1);
});
