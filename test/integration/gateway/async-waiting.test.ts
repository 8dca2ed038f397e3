import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, startFixture, withRedis } from './fixture.ts';
import { asynchronous, finished, untilConnected } from './invocation.ts';

let redis: TestRedis;
let fixture: Fixture;
/** Calls that the pod holds until they are answered. */
let held: { incoming: IncomingMessage; response: ServerResponse; gone: boolean }[];
beforeEach(async () => {
  redis = await startRedis();
  fixture = await startFixture(withRedis(redis.url));
  await untilConnected(fixture);
  held = [];
  fixture.addFunction('held', { scaling: { concurrency: 1, maxReplicas: 1 } });
  await fixture.addPod('held', (incoming, response) => {
    const call = { incoming, response, gone: false };
    response.on('close', () => {
      call.gone = !response.writableFinished;
    });
    held.push(call);
  });
});
afterEach(async () => {
  await fixture.stop();
  await redis.stop();
});

const accept = () => fixture.call('/async/shop/held', { method: 'POST', body: 'x' });
const untilHeld = (count = 1) =>
  waitFor(() => held.length === count, { timeoutMs: 5_000, describe: `call ${count} at the pod` });

describe('waiting for the end', () => {
  it.each([
    ['?wait=20', {}],
    ['', { prefer: 'wait=20' }],
  ])('long polling with "%s" %j is answered when the call ends', async (query, headers) => {
    const { headers: answer } = await accept();
    await untilHeld();
    const begun = performance.now();
    const polling = fixture.call(`${answer.location}${query}`, { headers });
    setTimeout(() => held[0]?.response.end('done'), 300);
    expect((await polling).json()).toMatchObject({ status: 'succeeded', response: { body: 'done' } });
    expect(performance.now() - begun).toBeGreaterThan(290);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('long polling ends with the time that the caller gave, and works for the response too', async () => {
    const { headers } = await accept();
    await untilHeld();
    expect((await fixture.call(`${headers.location}?wait=1`)).json()).toMatchObject({
      status: 'running',
      attempts: 1,
      startedAt: expect.any(String),
    });
    const response = fixture.call(`${headers.location}/response?wait=20`);
    held[0]?.response.end('the response');
    expect(await response).toMatchObject({ status: 200, body: 'the response' });
  });

  it('many that wait need no further connection to Redis, and all are told', async () => {
    const { headers } = await accept();
    await untilHeld();
    const before = await connections();
    const waiting = Array.from({ length: 50 }, () => fixture.call(`${headers.location}?wait=20`));
    await waitFor(async () => (await subscribers(headers.location ?? '')) === 1, {
      timeoutMs: 5_000,
      describe: 'the gateway to follow the call',
    });
    expect(await connections()).toBe(before);
    held[0]?.response.end('done');
    for (const answer of await Promise.all(waiting)) expect(answer.json().status).toBe('succeeded');
    expect(await subscribers(headers.location ?? '')).toBe(0);
  });

  it('server-sent events tell of the state now and of the outcome', async () => {
    const { headers } = await accept();
    await untilHeld();
    const outgoing = request({
      host: '127.0.0.1',
      port: fixture.port,
      path: headers.location,
      headers: { accept: 'text/event-stream' },
    }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(response.headers['content-type']).toBe('text/event-stream');
    let text = '';
    response.on('data', (chunk) => {
      text += chunk;
    });
    await waitFor(() => text.includes('"running"'), { timeoutMs: 5_000, describe: 'the first event' });
    held[0]?.response.end('done');
    await once(response, 'end');
    const events = text.split('\n\n').filter((part) => part.startsWith('event:'));
    expect(events.map((event) => event.split('\n')[0])).toEqual(['event: status', 'event: outcome']);
    expect(JSON.parse(events[1]?.split('\ndata: ')[1] ?? '')).toMatchObject({
      status: 'succeeded',
      response: { body: 'done' },
    });
  });
});

describe('cancelling', () => {
  it('ends a call that waits, before it is delivered', async () => {
    await accept();
    await untilHeld();
    const second = await accept();
    const cancelled = await fixture.call(second.headers.location ?? '', { method: 'DELETE' });
    expect(cancelled.status).toBe(200);
    expect(cancelled.json()).toMatchObject({ status: 'cancelled', attempts: 0 });
    held[0]?.response.end();
    const third = await accept();
    await untilHeld(2);
    held[1]?.response.end('third');
    expect(await finished(fixture, third)).toMatchObject({ response: { body: 'third' } });
    expect((await fixture.call(`${second.headers.location}/response`)).status).toBe(404);
  });

  it('aborts a call that runs: the function sees its connection close', async () => {
    const accepted = await accept();
    await untilHeld();
    const answer = await fixture.call(accepted.headers.location ?? '', { method: 'DELETE' });
    expect(answer.status).toBe(202);
    expect(await finished(fixture, accepted)).toMatchObject({ status: 'cancelled', attempts: 1 });
    await waitFor(() => held[0]?.gone, { timeoutMs: 5_000, describe: 'the function to notice' });
  });

  it('of a call that has ended, or that there is not, is refused', async () => {
    const accepted = await accept();
    await untilHeld();
    held[0]?.response.end();
    await finished(fixture, accepted);
    const late = await fixture.call(accepted.headers.location ?? '', { method: 'DELETE' });
    expect(late).toMatchObject({ status: 409 });
    expect(late.json().type).toBe('https://catnap.dev/problems/invocation-finished');
    expect((await fixture.call(`/invocations/i${'1'.repeat(32)}`, { method: 'DELETE' })).status).toBe(404);
    const put = await fixture.call(accepted.headers.location ?? '', { method: 'PUT' });
    expect(put).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, DELETE' } });
  });
});

describe('putting off', () => {
  it('delivers not before the time that the caller named', async () => {
    const begun = Date.now();
    const accepted = await fixture.call('/fn/shop/held', {
      headers: { ...asynchronous, 'x-catnap-delay': '1.2' },
    });
    const early = (await fixture.call(accepted.headers.location ?? '')).json();
    expect(early).toMatchObject({ status: 'queued', attempts: 0 });
    expect(Date.parse(String(early.nextAttemptAt)) - begun).toBeGreaterThanOrEqual(1_150);
    await untilHeld();
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1_150);
    expect(Date.now() - begun).toBeLessThan(3_000);
    expect(held[0]?.incoming.headers['x-catnap-delay']).toBeUndefined();
    held[0]?.response.end();
    expect(await finished(fixture, accepted)).toMatchObject({ status: 'succeeded' });
  });

  it('can be cancelled, and refuses what it does not understand', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const accepted = await fixture.call('/async/shop/held', { headers: { 'x-catnap-at': at } });
    const cancelled = await fixture.call(accepted.headers.location ?? '', { method: 'DELETE' });
    expect(cancelled.json()).toMatchObject({ status: 'cancelled' });
    const refused = await fixture.call('/async/shop/held', { headers: { 'x-catnap-at': 'tomorrow' } });
    expect(refused.status).toBe(400);
    expect(refused.json().detail).toMatch(/X-Catnap-At must be a time/);
  });
});

async function connections(): Promise<number> {
  return (await ask(['CLIENT', 'LIST'])).split('\n').filter((line) => line.includes('id=')).length;
}

async function subscribers(location: string): Promise<number> {
  const channel = `catnap:async:changed:${location.split('/').at(-1)}`;
  return Number((await ask(['PUBSUB', 'NUMSUB', channel])).split(',').at(-1));
}

/** On a connection of its own, which is gone again when the answer is there. */
async function ask([command = '', ...args]: string[]): Promise<string> {
  const { Redis } = await import('ioredis');
  const client = new Redis(redis.url);
  try {
    return String(await client.call(command, ...args));
  } finally {
    await client.quit();
  }
}
