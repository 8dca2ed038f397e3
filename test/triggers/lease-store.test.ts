import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createLeaseStore, type LeaseStore } from '#gateway/triggers/lease-store.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { prepareRedis } from './support.ts';

let server: TestRedis;
let connections: Redis[];
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(async () => {
  connections = [await prepareRedis(server.url)];
});
afterEach(async () => {
  await connections[0]?.flushall();
  for (const redis of connections) redis.disconnect();
});
afterAll(() => server.stop());

const ttlMs = 10_000;
const none: number[] = [];

function store(id: string): LeaseStore {
  const redis = new Redis(server.url);
  connections.push(redis);
  return createLeaseStore(redis, id);
}

it('gives a slot to one gateway only, whoever asks at the same time', async () => {
  const ids = Array.from({ length: 20 }, (_, i) => `gateway-${i}`);
  const leases = await Promise.all(
    ids.map((id) => store(id).renew({ ttlMs, held: none, wanted: [1, 2, 511] })),
  );
  for (const slot of [1, 2, 511]) expect(leases.filter(({ mine }) => mine.has(slot))).toHaveLength(1);
});

it('tells who lives, and takes back what is not held any more', async () => {
  const [a, b] = [store('a'), store('b')];
  expect(await a.renew({ ttlMs, held: none, wanted: [1, 2] })).toEqual({
    gateways: ['a'],
    mine: new Set([1, 2]),
  });
  const refused = await b.renew({ ttlMs, held: none, wanted: [1, 2] });
  expect(new Set(refused.gateways)).toEqual(new Set(['a', 'b']));
  expect(refused.mine).toEqual(new Set());
  await a.renew({ ttlMs, held: [2], wanted: none });
  expect((await b.renew({ ttlMs, held: none, wanted: [1, 2] })).mine).toEqual(new Set([1]));
});

it('frees everything of a gateway that leaves', async () => {
  const [a, b] = [store('a'), store('b')];
  await a.renew({ ttlMs, held: none, wanted: [1, 2] });
  await a.leave();
  const { gateways, mine } = await b.renew({ ttlMs, held: none, wanted: [1, 2] });
  expect(gateways).toEqual(['b']);
  expect(mine).toEqual(new Set([1, 2]));
});

it('frees everything of a gateway whose lease ran out, which learns of it when it comes back', async () => {
  const [a, b] = [store('a'), store('b')];
  await a.renew({ ttlMs: 50, held: none, wanted: [1] });
  await waitFor(async () => (await b.renew({ ttlMs, held: none, wanted: [1] })).mine.has(1), {
    timeoutMs: 2_000,
    intervalMs: 10,
    describe: 'the lease to run out',
  });
  expect((await a.renew({ ttlMs, held: [1], wanted: none })).mine).toEqual(new Set());
});

it('lets gateways keep what they hold when the record is lost, and gives out nothing for the length of a lease', async () => {
  const [a, b] = [store('a'), store('b')];
  await a.renew({ ttlMs, held: none, wanted: [1] });
  await connections[0]?.flushall();
  expect((await b.renew({ ttlMs: 300, held: none, wanted: [1, 2] })).mine).toEqual(new Set());
  expect((await a.renew({ ttlMs, held: [1], wanted: none })).mine).toEqual(new Set([1]));
  await waitFor(async () => (await b.renew({ ttlMs: 300, held: none, wanted: [1, 2] })).mine.has(2), {
    timeoutMs: 2_000,
    intervalMs: 20,
    describe: 'slots to be given out again',
  });
  expect((await b.renew({ ttlMs: 300, held: [2], wanted: [1] })).mine).toEqual(new Set([2]));
});
