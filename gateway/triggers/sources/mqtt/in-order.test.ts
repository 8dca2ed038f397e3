import { expect, it } from 'vitest';
import { InOrder } from './in-order.ts';

it('follows deliveries in the order in which they were added, and leaves out those that were given up', async () => {
  const inOrder = new InOrder();
  const deliveries = [1, 2, 3, 4].map(() => Promise.withResolvers<void>());
  const followed: number[] = [];
  const added = deliveries.map(({ promise }, index) => inOrder.add(promise, () => followed.push(index)));
  const results = Promise.allSettled(added);

  deliveries[1]?.resolve();
  await added[1];
  expect(followed).toEqual([]);
  deliveries[0]?.resolve();
  await added[0];
  expect(followed).toEqual([0, 1]);
  deliveries[3]?.resolve();
  deliveries[2]?.reject(new Error('stopped'));
  await results;
  expect(followed).toEqual([0, 1, 3]);
});
