import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, startFixture, withRedis } from './fixture.ts';
import { asynchronous, enqueue, finished, untilConnected } from './invocation.ts';

let redis: TestRedis;
let fixture: Fixture;
let client: Redis;
beforeEach(async () => {
  redis = await startRedis();
  fixture = await startFixture(withRedis(redis.url));
  await untilConnected(fixture);
  client = new Redis(redis.url);
});
afterEach(async () => {
  client.disconnect();
  await fixture.stop();
  await redis.stop();
});

const enqueueMany = (functionKey: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => enqueue(client, functionKey)));

describe('many functions with work', () => {
  it('a function with 10,000 slow calls does not delay the call of another', async () => {
    fixture.addFunction('slow', { scaling: { concurrency: 50, maxReplicas: 10 } });
    const slow = await fixture.addPod('slow', (_, response) => void setTimeout(() => response.end(), 1_000));
    await enqueueMany('shop/slow', 10_000);
    await waitFor(() => slow.running() === 50, { timeoutMs: 10_000, describe: 'the slow pod to be full' });
    fixture.addFunction('quick');
    await fixture.addPod('quick', (_, response) => response.end('quick'));
    const times: number[] = [];
    for (let i = 0; i < 10; i++) {
      const begun = performance.now();
      const answer = await fixture.call('/fn/shop/quick', { headers: { prefer: 'respond-async, wait=10' } });
      expect(answer.body).toBe('quick');
      times.push(performance.now() - begun);
    }
    expect(Math.max(...times)).toBeLessThan(500);
    // And in the list, behind all others, it is still the function's turn soon.
    const begun = performance.now();
    const id = await enqueue(client, 'shop/quick');
    await finished(fixture, { headers: { location: `/invocations/${id}` } });
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it('5,000 functions with queued work need no further connections, and each gets its turn', async () => {
    const before = (await client.client('LIST')) as string;
    const shared = await fixture.addPod('f', (_, response) => response.end(), { announce: false });
    fixture.functions.synced = false;
    for (let i = 0; i < 5_000; i++) {
      fixture.addFunction(`f${i}`);
      fixture.tellPod(`f${i}`, { name: `pod-${i}`, address: shared.address });
    }
    await Promise.all(Array.from({ length: 5_000 }, (_, i) => enqueue(client, `shop/f${i}`)));
    expect(await client.zcard('catnap:async:ring')).toBe(5_000);
    fixture.functions.synced = true;
    await waitFor(() => shared.served() === 5_000, {
      timeoutMs: 20_000,
      describe: 'each function to have run its call',
    });
    const after = (await client.client('LIST')) as string;
    expect(after.split('\n').length).toBe(before.split('\n').length);
  });
});

describe('what a function asks for', () => {
  it('maxBacklog: further calls get 429 at once', async () => {
    const path = fixture.addFunction('small', { async: { maxBacklog: 2 } });
    const accept = () => fixture.call(path, { headers: { ...asynchronous, 'x-catnap-delay': '600' } });
    const [first] = [await accept(), await accept()];
    const refused = await accept();
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
    expect(refused.json().type).toBe('https://catnap.dev/problems/backlog-full');
    await fixture.call(first?.headers.location ?? '', { method: 'DELETE' });
    expect((await accept()).status).toBe(202);
  });

  it('retryOn: exactly those statuses are repeated', async () => {
    const path = fixture.addFunction('picky', { async: { retryOn: [409], backoffSeconds: 1 } });
    const answers = [409, 503];
    const pod = await fixture.addPod('picky', (_, response) => {
      response.writeHead(answers.shift() ?? 200).end();
    });
    const status = await finished(fixture, await fixture.call(path, { headers: asynchronous }));
    expect(status).toMatchObject({ status: 'failed', attempts: 2, responseStatus: 503 });
    expect(pod.served()).toBe(2);
  });

  it('maxAgeSeconds: what is older is not delivered any more', async () => {
    const path = fixture.addFunction('fresh', {
      scaling: { concurrency: 1, maxReplicas: 1 },
      async: { maxAgeSeconds: 1 },
    });
    const pod = await fixture.addPod('fresh', (_, response) => void setTimeout(() => response.end(), 1_500));
    const first = await fixture.call(path, { headers: asynchronous });
    const second = await fixture.call(path, { headers: asynchronous });
    expect(await finished(fixture, first)).toMatchObject({ status: 'succeeded' });
    expect(await finished(fixture, second)).toMatchObject({
      status: 'failed',
      attempts: 0,
      reason: 'DeliveryExpired',
    });
    expect(pod.served()).toBe(1);
  });

  it('429 with Retry-After: fewer at a time, and all are done in the end', async () => {
    fixture.addFunction('tired', {
      scaling: { concurrency: 100, maxReplicas: 1 },
      async: { maxAttempts: 20, backoffSeconds: 1, maxBackoffSeconds: 1 },
    });
    let running = 0;
    let refusals = 0;
    const pod = await fixture.addPod('tired', (_, response) => {
      if (running >= 4) {
        refusals += 1;
        response.writeHead(429).end();
        return;
      }
      running += 1;
      setTimeout(() => {
        running -= 1;
        response.end();
      }, 20);
    });
    await enqueueMany('shop/tired', 300);
    await waitFor(async () => (await client.hget('catnap:async:backlog', 'shop/tired')) === null, {
      timeoutMs: 20_000,
      describe: 'all calls to have ended',
    });
    expect(pod.served()).toBe(300 + refusals);
    // Without holding back it is several times as many as there are calls.
    expect(refusals).toBeLessThan(300);
    expect(await client.zcard('catnap:async:dead-functions')).toBe(0);
  });
});

it('calls that find the queue of the function full wait for it, and lose no attempt', async () => {
  const limits = { scaling: { concurrency: 1, maxReplicas: 20 }, queue: { maxDepth: 1 } };
  fixture.addFunction('narrow', { ...limits, async: { maxAttempts: 1 } });
  const pod = await fixture.addPod('narrow', (_, response) => void setTimeout(() => response.end(), 50));
  const ids = await enqueueMany('shop/narrow', 20);
  for (const id of ids) {
    const location = `/invocations/${id}`;
    expect(await finished(fixture, { headers: { location } }, 20_000)).toMatchObject({
      status: 'succeeded',
      attempts: 1,
    });
  }
  expect(pod.served()).toBe(20);
  expect(pod.peak()).toBe(1);
});

describe('when Redis is full', () => {
  it('new calls are refused, and what is there is delivered, once each', async () => {
    const path = fixture.addFunction('full', { async: { maxAttempts: 1 } });
    const pod = await fixture.addPod('full', (_, response) => response.end('ok'));
    fixture.functions.synced = false;
    const [id] = await enqueueMany('shop/full', 300);
    await client.config('SET', 'maxmemory', '1mb');
    const refused = await fixture.call(path, { headers: asynchronous });
    expect(refused.json()).toMatchObject({ status: 503, type: expect.stringContaining('async-unavailable') });
    fixture.functions.synced = true;
    await waitFor(async () => (await client.hget('catnap:async:backlog', 'shop/full')) === null, {
      timeoutMs: 10_000,
      describe: 'all calls to have ended',
    });
    const location = `/invocations/${id}`;
    expect((await fixture.call(location)).json()).toMatchObject({ status: 'succeeded', attempts: 1 });
    expect(pod.served()).toBe(300);
    await client.config('SET', 'maxmemory', '0');
    const accepted = await fixture.call(path, { headers: asynchronous });
    expect(await finished(fixture, accepted)).toMatchObject({ status: 'succeeded' });
  });
});
