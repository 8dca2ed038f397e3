import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, startFixture, withRedis } from './fixture.ts';

const binary = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-type': 'a.b', 'ce-source': '/s' };
const event = { specversion: '1.0', id: '1', type: 'a.b', source: '/s' };

let redis: TestRedis;
let fixture: Fixture;
let received: { url: string; headers: IncomingMessage['headers']; body: string }[];
beforeEach(async () => {
  redis = await startRedis();
  fixture = await startFixture(withRedis(redis.url));
  await waitFor(async () => (await fixture.call(`/invocations/i${'0'.repeat(32)}`)).status === 404, {
    timeoutMs: 5_000,
    describe: 'Redis to be connected',
  });
  received = [];
  fixture.addFunction('sink');
  await fixture.addPod('sink', async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ url: request.url as string, headers: request.headers, body });
    response.end();
  });
});
afterEach(async () => {
  await fixture.stop();
  await redis.stop();
});

const send = (headers: Record<string, string>, body: string | Buffer = '') =>
  fixture.call('/events/shop/sink', { method: 'POST', headers, body });

const delivered = (count: number) =>
  waitFor(() => received.length === count, { timeoutMs: 5_000, describe: `${count} deliveries` });

it('takes an event in binary mode, acknowledges it and brings it to the function', async () => {
  const answer = await send({ ...binary, 'content-type': 'text/plain' }, 'hello');
  expect(answer.status).toBe(202);
  expect(answer.headers.location).toMatch(/^\/invocations\/i[0-9a-f]{32}$/);
  await delivered(1);
  expect(received[0]).toMatchObject({
    url: '/',
    body: 'hello',
    headers: { ...binary, 'content-type': 'text/plain', 'x-catnap-attempt': '1' },
  });
});

it('turns an event in structured mode into one in binary mode', async () => {
  await send(
    { 'content-type': 'application/cloudevents+json', 'ce-id': 'not this one' },
    JSON.stringify({ ...event, datacontenttype: 'application/json', data: { n: 1 } }),
  );
  await delivered(1);
  expect(received[0]).toMatchObject({
    body: '{"n":1}',
    headers: { ...binary, 'content-type': 'application/json' },
  });
});

it('brings a batch as it is', async () => {
  const batch = JSON.stringify([event, { ...event, id: '2', data: 'x' }]);
  const type = 'application/cloudevents-batch+json';
  await send({ 'content-type': type }, batch);
  await delivered(1);
  expect(received[0]).toMatchObject({ body: batch, headers: { 'content-type': type } });
});

it('takes an event that is sent twice once, and refuses another with its source and id', async () => {
  const first = await send(binary, 'x');
  const second = await send(binary, 'x');
  expect(second).toMatchObject({ status: 202, headers: { location: first.headers.location } });
  await send({ ...binary, 'ce-id': '2' }, 'x');
  await delivered(2);
  const other = await send(binary, 'y');
  expect(other.status).toBe(422);
  expect(other.json().detail).toContain('source and id');
});

it('refuses what is no event, and says why', async () => {
  const answer = await send({ 'content-type': 'application/json' }, '{}');
  expect(answer.status).toBe(400);
  expect(answer.json()).toMatchObject({
    type: 'https://catnap.dev/problems/invalid-event',
    detail: expect.stringContaining('ce-specversion'),
  });
  expect(await fixture.call('/events/shop/sink')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  expect((await fixture.call('/events/shop/nobody', { method: 'POST' })).status).toBe(404);
  expect((await fixture.call('/events/shop/sink/more', { method: 'POST' })).status).toBe(404);
  expect(received).toEqual([]);
});
