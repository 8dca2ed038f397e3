import { expect, it } from 'vitest';
import { InFlight } from './in-flight.ts';

it('counts what has not ended, and waits for the next end or for all', async () => {
  const inFlight = new InFlight();
  const tasks = [1, 2].map(() => Promise.withResolvers<void>());
  for (const { promise } of tasks) inFlight.add(promise);
  expect(inFlight.size).toBe(2);
  const next = inFlight.next();
  tasks[1]?.resolve();
  await next;
  expect(inFlight.size).toBe(1);
  const settled = inFlight.settled();
  tasks[0]?.resolve();
  await settled;
  expect(inFlight.size).toBe(0);
  await inFlight.next();
});
