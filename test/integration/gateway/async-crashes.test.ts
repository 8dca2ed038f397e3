import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { call, type FakePod, type Fixture, startFixture, withRedis } from './fixture.ts';
import { forkGateway } from './fork-gateway.ts';
import { untilConnected } from './invocation.ts';

const CALLS = 3_000;
const SENDERS = 32;

let redis: TestRedis;
let fixture: Fixture;
let pod: FakePod;
/** How often each call was delivered, by its body. */
let delivered: Map<string, number>;
let agent: Agent;
let doomed: ChildProcess | undefined;
beforeEach(async () => {
  agent = new Agent({ keepAlive: true });
  delivered = new Map();
  redis = await startRedis();
  fixture = await startFixture(withRedis(redis.url));
  await untilConnected(fixture);
  fixture.addFunction('busy', { scaling: { concurrency: 50, maxReplicas: 4 } });
  pod = await fixture.addPod('busy', (incoming, response) => {
    let body = '';
    incoming.on('data', (chunk) => {
      body += chunk;
    });
    incoming.on('end', () => {
      delivered.set(body, (delivered.get(body) ?? 0) + 1);
      setTimeout(() => response.end(), 20);
    });
  });
});
afterEach(async () => {
  doomed?.kill('SIGKILL');
  agent.destroy();
  await fixture.stop();
  await redis.stop();
});

/** Sends calls until all were sent or the gateway is gone; returns those that were acknowledged. */
async function send(port: number): Promise<string[]> {
  const acknowledged: string[] = [];
  let next = 0;
  const sender = async () => {
    while (next < CALLS) {
      const body = `call ${next++}`;
      const answer = await call(port, '/async/shop/busy', { method: 'POST', body, agent }).catch(
        () => undefined,
      );
      if (answer?.status === 202) acknowledged.push(body);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return acknowledged;
}

function untilDelivered(calls: string[]): Promise<unknown> {
  return waitFor(() => calls.every((body) => delivered.has(body)), {
    timeoutMs: 40_000,
    describe: 'every acknowledged call to be delivered',
    intervalMs: 50,
  });
}

/** Deliveries beyond the first of each call. */
const duplicates = () => [...delivered.values()].reduce((sum, count) => sum + count - 1, 0);

async function startDoomed(): Promise<number> {
  doomed = forkGateway(
    new URL('./gateway-process.ts', import.meta.url),
    ['busy', pod.address, String(fixture.podPort)],
    redis.url,
  );
  const [port] = (await once(doomed, 'message')) as [number];
  await waitFor(async () => (await call(port, `/invocations/i${'0'.repeat(32)}`)).status === 404, {
    timeoutMs: 5_000,
    describe: 'the other gateway to reach Redis',
  });
  return port;
}

it('a gateway is killed in the middle of thousands of calls: none is lost, few are repeated', async () => {
  const port = await startDoomed();
  const sending = send(port);
  await waitFor(() => delivered.size > 700, { timeoutMs: 20_000, describe: 'deliveries', intervalMs: 5 });
  doomed?.kill('SIGKILL');
  const killedAt = performance.now();
  const acknowledged = await sending;
  expect(acknowledged.length).toBeGreaterThan(700);
  expect(acknowledged.length).toBeLessThan(CALLS);
  await untilDelivered(acknowledged);
  expect(performance.now() - killedAt).toBeLessThan(15_000);
  // Only what the killed one had in hand: at most what its slots hold.
  expect(duplicates()).toBeLessThanOrEqual(256);
});

it('Redis is killed in the middle of thousands of calls: none that was acknowledged is lost', async () => {
  const sending = send(fixture.port);
  await waitFor(() => delivered.size > 700, { timeoutMs: 20_000, describe: 'deliveries', intervalMs: 5 });
  await redis.kill();
  await redis.restart();
  const acknowledged = await sending;
  expect(acknowledged).toHaveLength(CALLS);
  await untilDelivered(acknowledged);
  expect(duplicates()).toBeLessThanOrEqual(256);
});
