import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { freePort } from '#test/integration/gateway/fixture.ts';
import { forkGateway } from '#test/integration/gateway/fork-gateway.ts';
import { type Broker, startBroker } from './broker.ts';
import { prepareRedis, storeTriggers, triggerSpec } from './support.ts';

const POD_ADDRESS = '127.77.0.1';

let server: TestRedis;
let redis: Redis;
let broker: Broker;
let pod: Server;
let podPort: number;
/** Event ids in the order in which the function got them. */
let received: string[];
const gateways = new Map<string, ChildProcess>();

beforeEach(async () => {
  server = await startRedis();
  redis = await prepareRedis(server.url);
  broker = await startBroker();
  received = [];
  podPort = await freePort();
  pod = createServer((request, response) => {
    received.push(String(request.headers['ce-id']));
    response.end();
  }).listen(podPort, POD_ADDRESS);
  await once(pod, 'listening');
});
afterEach(async () => {
  for (const child of gateways.values()) child.kill('SIGKILL');
  gateways.clear();
  pod.closeAllConnections();
  pod.close();
  await broker.stop();
  redis.disconnect();
  await server.stop();
});

async function startGateways(...ids: string[]): Promise<void> {
  const status = await storeTriggers(redis, 'consumer', [triggerSpec('events', 'test')]);
  const digest = status.triggers?.digest as string;
  for (const id of ids) {
    const child = forkGateway(
      new URL('./trigger-gateway.ts', import.meta.url),
      [id, broker.url, 'consumer', digest, POD_ADDRESS, String(podPort)],
      server.url,
      { CATNAP_DRAIN_SECONDS: '5' },
    );
    gateways.set(id, child);
    await once(child, 'message');
  }
}

const owner = () => broker.readers.at(-1)?.id;

/** Both gateways live and have agreed: the owner stays for as long as a handful of renewals take. */
async function settledOwner(): Promise<string> {
  await waitFor(async () => (await redis.zcard('catnap:triggers:{owners}:gateways')) === gateways.size, {
    timeoutMs: 10_000,
    describe: 'every gateway to take part',
  });
  // From when all take part, each has renewed and handed over within this.
  await waitFor(() => (broker.readers.at(-1)?.times ?? 0) > 200, {
    timeoutMs: 20_000,
    describe: 'one gateway to read for a while',
  });
  return owner() as string;
}

const everything = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

it('another gateway takes over within 15 s when the owner is killed, and no event is lost', async () => {
  await startGateways('a', 'b');
  const first = await settledOwner();
  const second = first === 'a' ? 'b' : 'a';
  broker.publish(50);
  await waitFor(() => broker.acknowledged.size === 50, { timeoutMs: 5_000, describe: '50 events' });
  broker.publish(500);
  await waitFor(() => broker.acknowledged.size > 60, { timeoutMs: 5_000, describe: 'work under way' });
  gateways.get(first)?.kill('SIGKILL');
  const killedAt = performance.now();
  await waitFor(() => owner() === second, { timeoutMs: 15_000, describe: 'the other to take over' });
  expect(performance.now() - killedAt).toBeLessThan(15_000);
  broker.publish(50);
  await waitFor(() => broker.acknowledged.size === 600, { timeoutMs: 10_000, describe: 'all events' });
  expect(new Set(received)).toEqual(new Set(everything(600)));
  // Never both at the same time: the readers change once.
  const readers = broker.readers.map(({ id }) => id);
  expect(readers.slice(readers.lastIndexOf(first))).toEqual([first, second]);
});

it('another gateway takes over within 4 s when the owner stops, and no event comes twice', async () => {
  await startGateways('a', 'b');
  const first = await settledOwner();
  broker.publish(200);
  const closed = once(gateways.get(first) as ChildProcess, 'close');
  gateways.get(first)?.kill('SIGTERM');
  await waitFor(() => owner() !== first, { timeoutMs: 4_000, describe: 'the other to take over' });
  await waitFor(() => broker.acknowledged.size === 200, { timeoutMs: 5_000, describe: 'all events' });
  await closed;
  expect(received.toSorted((a, b) => Number(a) - Number(b))).toEqual(everything(200));
});
