import { expect, it } from 'vitest';
import { Deliveries } from './deliveries.ts';

it('shares the delivery of an event that comes again, until it is acknowledged', async () => {
  const deliveries = new Deliveries();
  const { promise, resolve } = Promise.withResolvers<void>();
  let started = 0;
  const deliver = () => {
    started += 1;
    return promise;
  };
  const first = deliveries.once('1', deliver);
  const again = deliveries.once('1', deliver);
  expect(started).toBe(1);
  resolve();
  await Promise.all([first, again]);
  await deliveries.once('1', deliver);
  expect(started).toBe(1);
  deliveries.acknowledged('1');
  await deliveries.once('1', deliver);
  expect(started).toBe(2);
});

it('starts an event anew whose delivery was given up', async () => {
  const deliveries = new Deliveries();
  await expect(deliveries.once('1', () => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
  let started = false;
  await deliveries.once('1', async () => {
    started = true;
  });
  expect(started).toBe(true);
});

it('forgets the oldest when too many were never acknowledged', async () => {
  const deliveries = new Deliveries();
  for (let id = 0; id <= 20_000; id += 1) await deliveries.once(String(id), () => Promise.resolve());
  const started: string[] = [];
  for (const id of ['0', '20000']) {
    await deliveries.once(id, async () => {
      started.push(id);
    });
  }
  expect(started).toEqual(['0']);
});
