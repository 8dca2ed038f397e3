import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRedisStreamSource } from '#gateway/triggers/sources/redisStream.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { gate, type RunningSource, runSource } from './run-source.ts';

let server: TestRedis;
let redis: Redis;
const running: RunningSource[] = [];

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  redis.on('error', () => {});
});

afterAll(async () => {
  await Promise.all(running.map((source) => source.stop()));
  redis?.disconnect();
  await server?.stop();
});

type Config = Parameters<typeof createRedisStreamSource>[0]['config'];

const sourceOf = (stream: string, config: Partial<Config> = {}, credentials: Record<string, string> = {}) =>
  createRedisStreamSource({
    functionKey: 'shop/orders',
    name: 'stream',
    config: { address: server.url, stream, startFrom: 'earliest', orderBy: 'none', ...config },
    credentials,
  });

function start(...args: Parameters<typeof sourceOf>): RunningSource {
  const source = runSource(sourceOf(...args));
  running.push(source);
  return source;
}

const add = async (stream: string, ...fields: string[]): Promise<string> =>
  (await redis.xadd(stream, '*', ...fields)) ?? '';

const pendingOf = async (stream: string) =>
  ((await redis.xpending(stream, 'catnap:shop/orders/stream')) as [number])[0];

const acknowledged = (stream: string) =>
  waitFor(async () => (await pendingOf(stream)) === 0, { timeoutMs: 10_000, describe: 'no pending entries' });

it('hands entries over as events, also those from before', async () => {
  const first = await add('events', 'sku', '1', 'tag', 'a', 'tag', 'b');
  const source = start('events');
  await source.received(1);
  await add('events', 'sku', '2');
  const [event, later] = await source.received(2);
  const ms = Number(first.split('-')[0]);
  expect(event).toMatchObject({
    id: first,
    type: 'io.redis.stream.entry',
    source: `redis://127.0.0.1:${server.port}/0/events`,
    subject: 'events',
    time: new Date(ms).toISOString(),
    contentType: 'application/json',
  });
  expect(event?.key).toBeUndefined();
  expect(JSON.parse(String(event?.data))).toEqual({ sku: '1', tag: ['a', 'b'] });
  expect(JSON.parse(String(later?.data))).toEqual({ sku: '2' });
  await acknowledged('events');
});

it('begins with what comes after its first connection, and misses nothing between runs', async () => {
  await add('latest', 'n', 'old');
  const config = { startFrom: 'latest' } as const;
  const first = start('latest', config);
  await first.connected();
  await first.stop();
  const id = await add('latest', 'n', 'new');
  const [event] = await start('latest', config).received(1);
  expect(event?.id).toBe(id);
});

it('keeps what the function did not get, and hands it over to the next run', async () => {
  const id = await add('kept', 'n', '1');
  const first = start('kept');
  first.handle = gate().wait;
  await first.received(1);
  expect(await first.stop()).toBeLessThan(1_000);
  expect(await pendingOf('kept')).toBe(1);
  const [event] = await start('kept').received(1);
  expect(event?.id).toBe(id);
  await acknowledged('kept');
});

it('hands over again what a failed delivery had', async () => {
  const id = await add('failed', 'n', '1');
  const source = start('failed');
  source.handle = () => Promise.reject(new Error('no'));
  await waitFor(() => source.errors.length > 0, { timeoutMs: 10_000, describe: 'the end of the run' });
  source.handle = async () => {};
  await acknowledged('failed');
  expect(source.events.filter((event) => event.id === id).length).toBeGreaterThan(1);
});

it('takes over what a dead consumer left', async () => {
  const id = await add('left', 'n', '1');
  const group = 'catnap:shop/orders/stream';
  await redis.xgroup('CREATE', 'left', group, '0');
  await redis.xreadgroup('GROUP', group, 'other', 'STREAMS', 'left', '>');
  // As if it had been given two minutes ago.
  await redis.xclaim('left', group, 'other', 0, id, 'IDLE', 120_000);
  const [event] = await start('left').received(1);
  expect(event?.id).toBe(id);
  await acknowledged('left');
});

it('gives entries with the same value of a field the same key', async () => {
  await add('ordered', 'customer', 'a');
  await add('ordered', 'customer', 'b');
  await add('ordered', 'other', 'c');
  const events = await start('ordered', { orderBy: 'field', orderField: 'customer' }).received(3);
  expect(events.map(({ key }) => key)).toEqual(['a', 'b', undefined]);
});

it('hands a stream over in order', async () => {
  const ids = [];
  for (let n = 0; n < 250; n++) ids.push(await add('inorder', 'n', String(n)));
  const events = await start('inorder', { orderBy: 'stream' }).received(250);
  expect(events.map(({ id }) => id)).toEqual(ids);
  expect(new Set(events.map(({ key }) => key))).toEqual(new Set(['inorder']));
});

it('tells how much waits', async () => {
  for (let n = 0; n < 3; n++) await add('lagging', 'n', String(n));
  const source = start('lagging');
  const { wait, open } = gate();
  source.handle = wait;
  await waitFor(() => source.lags.at(-1) === 3, { timeoutMs: 10_000, describe: 'a lag of 3' });
  open();
  await waitFor(() => source.lags.at(-1) === 0, { timeoutMs: 10_000, describe: 'no lag' });
});

it('loses nothing when Redis is killed, and does not repeat what was handled', async () => {
  const source = start('killed');
  const { wait, open } = gate();
  source.handle = wait;
  const before = await add('killed', 'n', '1');
  await source.received(1);
  await server.kill();
  open();
  await server.restart();
  const after = await waitFor(() => add('killed', 'n', '2'), { timeoutMs: 10_000, describe: 'Redis' });
  const events = await source.received(2);
  expect(events.map(({ id }) => id)).toEqual([before, after]);
  await acknowledged('killed');
  expect(source.events).toHaveLength(2);
});

it('says what to correct when the credentials are wrong', async () => {
  await redis.acl('SETUSER', 'worker', 'on', '>right', '~*', '+@all');
  const source = runSource(sourceOf('x', {}, { username: 'worker', password: 'wrong' }), { once: true });
  await waitFor(() => source.errors.length > 0, { timeoutMs: 10_000, describe: 'an error' });
  expect(source.errors[0]?.message).toMatch(
    /WRONGPASS.*correct username and password in the Secret of secretRef/,
  );
  expect(source.errors[0]?.message).not.toContain('"wrong"');
  const right = start('x', {}, { username: 'worker', password: 'right' });
  await right.connected();
});

it('says what to correct when the key is no stream or nothing listens', async () => {
  await redis.set('text', 'x');
  const wrong = runSource(sourceOf('text'), { once: true });
  const nowhere = runSource(sourceOf('x', { address: 'redis://127.0.0.1:1' }), { once: true });
  await waitFor(() => wrong.errors[0] && nowhere.errors[0], { timeoutMs: 10_000, describe: 'errors' });
  expect(wrong.errors[0]?.message).toContain('holds something else than a stream');
  expect(nowhere.errors[0]?.message).toContain('Check redisStream.address');
});
