import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Answer, type Fixture, startFixture, withRedis } from './fixture.ts';
import { asynchronous, enqueue, finished as finishedAt, untilConnected } from './invocation.ts';

let redis: TestRedis;
let fixture: Fixture;
beforeEach(async () => {
  redis = await startRedis();
  fixture = await startFixture(withRedis(redis.url));
  await untilConnected(fixture);
});
afterEach(async () => {
  await fixture.stop();
  await redis.stop();
});

const finished = (accepted: Answer, timeoutMs?: number) => finishedAt(fixture, accepted, timeoutMs);

describe('an asynchronous call', () => {
  it('is acknowledged, delivered, and its result can be fetched', async () => {
    const path = fixture.addFunction('later');
    const seen: Record<string, unknown>[] = [];
    await fixture.addPod('later', (incoming, response) => {
      let body = '';
      incoming.on('data', (chunk) => {
        body += chunk;
      });
      incoming.on('end', () => {
        seen.push({ url: incoming.url, method: incoming.method, body, headers: incoming.headers });
        response.writeHead(201, { 'content-type': 'text/plain', 'x-own': 'yes' }).end(`got ${body}`);
      });
    });
    const accepted = await fixture.call(`${path}/a?b=c`, {
      method: 'POST',
      body: 'work',
      headers: asynchronous,
    });
    expect(accepted.status).toBe(202);
    expect(accepted.headers).toMatchObject({ 'preference-applied': 'respond-async', vary: 'prefer' });
    expect(accepted.headers.location).toMatch(/^\/invocations\/i[0-9a-f]{32}$/);
    const status = await finished(accepted);
    expect(status).toMatchObject({
      function: 'shop/later',
      status: 'succeeded',
      attempts: 1,
      response: { status: 201, body: 'got work', bodyEncoding: 'utf8', headers: { 'x-own': 'yes' } },
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      url: '/a?b=c',
      method: 'POST',
      body: 'work',
      headers: {
        'x-catnap-attempt': '1',
        'x-catnap-invocation-id': status.id,
        'x-forwarded-prefix': '/fn/shop/later',
      },
    });
    const replayed = await fixture.call(`${accepted.headers.location}/response`);
    expect(replayed).toMatchObject({ status: 201, body: 'got work', headers: { 'x-own': 'yes' } });
  });

  it('can be made at /async too, wakes the function, and carries any bytes', async () => {
    fixture.addFunction('later');
    fixture.scales.onSet = () =>
      void fixture.addPod('later', (incoming, response) => void incoming.pipe(response));
    const body = Buffer.from([0, 255, 128, 13, 10]);
    const accepted = await fixture.call('/async/shop/later/x', { method: 'POST', body });
    expect(accepted.status).toBe(202);
    expect((await finished(accepted)).response).toMatchObject({
      body: body.toString('base64'),
      bodyEncoding: 'base64',
    });
  });

  it('is answered at once when it is done within the time that the caller waits', async () => {
    const path = fixture.addFunction('quick');
    await fixture.addPod('quick', (_, response) => response.end('done already'));
    const answer = await fixture.call(path, { headers: { prefer: 'respond-async, wait=5' } });
    expect(answer).toMatchObject({ status: 200, body: 'done already' });
  });

  it('keeps nothing readable in Redis', async () => {
    const path = fixture.addFunction('secret');
    await fixture.addPod('secret', (_, response) => response.end('top secret answer'));
    const reader = new Redis(redis.url);
    const monitor = await reader.monitor();
    try {
      const commands: string[] = [];
      monitor.on('monitor', (_time, args: string[]) => commands.push(args.join(' ')));
      const accepted = await fixture.call(path, {
        method: 'POST',
        body: 'top secret question',
        headers: { ...asynchronous, authorization: 'Bearer top-secret-token' },
      });
      await finished(accepted);
      expect(commands.length).toBeGreaterThan(10);
      expect(commands.filter((command) => /top.secret/.test(command))).toEqual([]);
    } finally {
      monitor.disconnect();
      reader.disconnect();
    }
  });

  it('is repeated after 5xx with a pause, and counts its attempts', async () => {
    const path = fixture.addFunction('flaky', { async: { maxAttempts: 3, backoffSeconds: 1 } });
    const attempts: unknown[] = [];
    await fixture.addPod('flaky', (incoming, response) => {
      attempts.push(incoming.headers['x-catnap-attempt']);
      if (attempts.length < 3) response.writeHead(500).end('no');
      else response.end('yes');
    });
    const status = await finished(await fixture.call(path, { headers: asynchronous }));
    expect(status).toMatchObject({ status: 'succeeded', attempts: 3, response: { body: 'yes' } });
    expect(attempts).toEqual(['1', '2', '3']);
  });

  it.each([400, 404, 501])('is not repeated after %i', async (code) => {
    const path = fixture.addFunction('final');
    const pod = await fixture.addPod('final', (_, response) => response.writeHead(code).end('final'));
    const status = await finished(await fixture.call(path, { headers: asynchronous }));
    expect(status).toMatchObject({ status: 'failed', attempts: 1, response: { status: code } });
    expect(pod.served()).toBe(1);
  });

  it('ends as failed, with the last answer, when no attempt is left', async () => {
    const path = fixture.addFunction('hopeless', { async: { maxAttempts: 2, backoffSeconds: 1 } });
    await fixture.addPod('hopeless', (incoming) => incoming.socket.destroy());
    const status = await finished(await fixture.call(path, { method: 'POST', headers: asynchronous }));
    expect(status).toMatchObject({ status: 'failed', attempts: 2, reason: 'PodFailed' });
  });

  it('of a deleted function fails and says so', async () => {
    const path = fixture.addFunction('doomed', { async: { maxAttempts: 5, backoffSeconds: 1 } });
    await fixture.addPod('doomed', (_, response) => response.writeHead(500).end());
    const accepted = await fixture.call(path, { headers: asynchronous });
    fixture.functions.tell('shop/doomed', undefined);
    expect(await finished(accepted)).toMatchObject({ status: 'failed', reason: 'FunctionNotFound' });
  });

  it('with a body above 1 MiB is refused', async () => {
    const path = fixture.addFunction('small');
    const answer = await fixture.call(path, {
      method: 'POST',
      body: 'x'.repeat(1024 * 1024 + 1),
      headers: asynchronous,
    });
    expect(answer.status).toBe(413);
  });
});

describe('an idempotency key', () => {
  it('makes a repeated request the same invocation, and another request an error', async () => {
    const path = fixture.addFunction('once');
    const pod = await fixture.addPod('once', (_, response) => response.end('ok'));
    const send = (body: string, key = '"order-1"') =>
      fixture.call(path, { method: 'POST', body, headers: { ...asynchronous, 'idempotency-key': key } });
    const answers = await Promise.all([send('a'), send('a'), send('a', 'order-1')]);
    expect(new Set(answers.map(({ headers }) => headers.location)).size).toBe(1);
    await finished(answers[0] as Answer);
    expect(await send('a')).toMatchObject({
      status: 202,
      headers: { location: answers[0]?.headers.location },
    });
    expect(pod.served()).toBe(1);
    expect((await send('b')).status).toBe(422);
    expect((await send('b', '"order-2"')).headers.location).not.toBe(answers[0]?.headers.location);
    expect((await send('b', '')).status).toBe(400);
  });
});

describe('when Redis is gone', () => {
  it('asynchronous calls get 503 after 15 s, warm ones go on, and all is well when it is back', async () => {
    const path = fixture.addFunction('steady');
    await fixture.addPod('steady', (_, response) => response.end('ok'));
    await redis.kill();
    const started = performance.now();
    const refused = await fixture.call(path, { headers: asynchronous });
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({ type: 'https://catnap.dev/problems/async-unavailable' });
    expect(performance.now() - started).toBeLessThan(16_500);
    expect((await fixture.call(path)).status).toBe(200);
    await redis.restart();
    const accepted = await waitFor(
      async () => {
        const answer = await fixture.call(path, { headers: asynchronous });
        return answer.status === 202 && answer;
      },
      { timeoutMs: 10_000, describe: 'asynchronous calls to be accepted again' },
    );
    expect(await finished(accepted, 15_000)).toMatchObject({ status: 'succeeded' });
  });
});

describe('a call sealed with another key', () => {
  it('stays queued until a gateway has that key', async () => {
    // In a database of its own: gateways with either key take the call in turns, as chance has it.
    const url = `${redis.url}/1`;
    const key = randomBytes(32);
    const first = await startFixture(withRedis(url));
    const client = new Redis(url);
    let id = '';
    try {
      first.addFunction('sealed');
      await first.addPod('sealed', (_, response) => response.end('opened'));
      id = await enqueue(client, 'shop/sealed', { key });
      const isDelayed = async () => (await client.zcard('catnap:async:delayed')) === 1;
      await waitFor(isDelayed, { timeoutMs: 5_000, describe: 'the call to be postponed' });
      expect((await first.call(`/invocations/${id}`)).json()).toMatchObject({ status: 'queued' });
    } finally {
      client.disconnect();
      await first.stop();
    }
    const other = await startFixture({
      ...withRedis(url),
      CATNAP_ENCRYPTION_KEY: key.toString('base64'),
    });
    try {
      other.addFunction('sealed');
      await other.addPod('sealed', (_, response) => response.end('opened'));
      const status = await waitFor(
        async () => {
          const found = (await other.call(`/invocations/${id}`)).json();
          return found.finishedAt ? found : undefined;
        },
        { timeoutMs: 40_000, describe: 'the end of the call' },
      );
      expect(status).toMatchObject({ status: 'succeeded', attempts: 1 });
    } finally {
      await other.stop();
    }
  }, 60_000);
});
