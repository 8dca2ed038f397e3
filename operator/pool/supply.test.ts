import { expect, it } from 'vitest';
import { createSupply } from './supply.ts';

it('suffices when a pod is on its way for each function that waits', () => {
  const supply = createSupply(new Map([['a', 2]]), () => 1);
  expect(supply.suffices('a')).toBe(false);
  supply.replaced('a');
  expect(supply.suffices('a')).toBe(true);
});

it('is nothing to wait for where no function does', () => {
  const supply = createSupply(new Map(), () => 5);
  supply.replaced('a');
  expect(supply.suffices('a')).toBe(false);
});
