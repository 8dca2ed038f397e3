import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhookSecret } from '#gateway/async/secrets.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { call, ENCRYPTION_KEY, type Fixture, startFixture, withRedis } from './fixture.ts';
import { asynchronous, finished, untilConnected } from './invocation.ts';
import { startWebhook, type Webhook } from './webhook.ts';

let redis: TestRedis;
let fixture: Fixture;
let webhook: Webhook;
beforeEach(async () => {
  redis = await startRedis();
  webhook = await startWebhook();
  // Only this network; what is told elsewhere must not arrive.
  fixture = await startFixture({ ...withRedis(redis.url), CATNAP_OUTBOUND_NETWORKS: '127.0.0.1/32' });
  await untilConnected(fixture);
});
afterEach(async () => {
  await fixture.stop();
  await webhook.close();
  await redis.stop();
});

const untilTold = (count = 1) =>
  waitFor(() => webhook.received.length >= count, { timeoutMs: 10_000, describe: 'the receiver to be told' });

describe('the outcome of a call', () => {
  it('is POSTed to onSuccess as a signed CloudEvent', async () => {
    const path = fixture.addFunction('pay', { async: { onSuccess: { url: webhook.url } } });
    await fixture.addPod('pay', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('paid');
    });
    const accepted = await fixture.call(path, { headers: asynchronous });
    await untilTold();
    const id = accepted.headers.location?.split('/').at(-1);
    const { headers, body } = webhook.received[0] as { headers: IncomingHttpHeaders; body: string };
    expect(body).toBe('paid');
    expect(headers).toMatchObject({
      'ce-specversion': '1.0',
      'ce-type': 'dev.catnap.invocation.succeeded',
      'ce-source': '/functions/shop/pay',
      'ce-subject': id,
      'ce-id': `${id}-succeeded`,
      'ce-attempts': '1',
      'ce-status': '200',
      'content-type': 'text/plain',
      'webhook-id': `${id}-succeeded`,
    });
    const secret = webhookSecret(Buffer.from(ENCRYPTION_KEY, 'base64'), 'shop');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const expected = createHmac('sha256', secret).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  });

  it('calls the onFailure function of the same namespace, and not onSuccess', async () => {
    const path = fixture.addFunction('fails', {
      async: { onSuccess: { url: webhook.url }, onFailure: { function: 'repair' } },
    });
    await fixture.addPod('fails', (_, response) => response.writeHead(400).end('bad'));
    fixture.addFunction('repair');
    const seen: IncomingHttpHeaders[] = [];
    await fixture.addPod('repair', (incoming, response) => {
      seen.push(incoming.headers);
      response.end();
    });
    await fixture.call(path, { headers: asynchronous });
    await waitFor(() => seen.length === 1, { timeoutMs: 10_000, describe: 'repair to be called' });
    expect(seen[0]).toMatchObject({
      'ce-type': 'dev.catnap.invocation.failed',
      'ce-source': '/functions/shop/fails',
      'ce-status': '400',
      'x-catnap-attempt': '1',
    });
    expect(webhook.received).toEqual([]);
  });

  it('does not go round in circles for ever', async () => {
    fixture.addFunction('circle', { async: { onSuccess: { function: 'circle' } } });
    const pod = await fixture.addPod('circle', (_, response) => response.end());
    const path = fixture.addFunction('probe', { async: { onSuccess: { url: webhook.url } } });
    await fixture.addPod('probe', (_, response) => response.end());
    await fixture.call('/async/shop/circle');
    await waitFor(() => pod.served() === 9, { timeoutMs: 10_000, describe: 'eight calls of itself' });
    // A tenth call would have been queued before this one is told of.
    await fixture.call(path, { headers: asynchronous });
    await untilTold();
    expect(pod.served()).toBe(9);
  });

  it('is told to the callback that the caller named, whatever it is', async () => {
    const path = fixture.addFunction('called');
    let status = 200;
    await fixture.addPod('called', (incoming, response) => {
      expect(incoming.headers['x-catnap-callback']).toBeUndefined();
      response.writeHead(status).end();
    });
    const headers = { ...asynchronous, 'x-catnap-callback': webhook.url };
    await fixture.call(path, { headers });
    await untilTold(1);
    status = 404;
    await fixture.call(path, { headers });
    await untilTold(2);
    expect(webhook.received.map((told) => told.headers['ce-type'])).toEqual([
      'dev.catnap.invocation.succeeded',
      'dev.catnap.invocation.failed',
    ]);
  });

  it('is told again when the receiver is not well, and not elsewhere when it redirects', async () => {
    const path = fixture.addFunction('again', { async: { onSuccess: { url: webhook.url } } });
    await fixture.addPod('again', (_, response) => response.end());
    webhook.status = 503;
    await fixture.call(path, { headers: asynchronous });
    await untilTold(1);
    webhook.status = 307;
    webhook.location = webhook.url.replace('/hook', '/elsewhere');
    await untilTold(2);
    expect(webhook.received[1]?.headers['ce-id']).toBe(webhook.received[0]?.headers['ce-id']);
    await waitFor(async () => (await told('failed')) === 2, {
      timeoutMs: 5_000,
      describe: 'the redirect to count as a failure',
    });
    expect(webhook.received).toHaveLength(2);
  });

  it('does not reach addresses that are not allowed, by name or number', async () => {
    const port = new URL(webhook.url).port;
    for (const host of ['127.0.0.2', '[::1]', 'ip6-localhost', '169.254.169.254']) {
      const path = fixture.addFunction('spy', { async: { onSuccess: { url: `http://${host}:${port}/` } } });
      await fixture.addPod('spy', (_, response) => response.end());
      const before = await told('failed');
      await finished(fixture, await fixture.call(path, { headers: asynchronous }));
      await waitFor(async () => (await told('failed')) > before, {
        timeoutMs: 10_000,
        describe: `${host} to be refused`,
      });
    }
    expect(webhook.received).toEqual([]);
  });
});

async function told(result: string): Promise<number> {
  const { body } = await call(fixture.gateway.controlPort, '/metrics');
  const line = `catnap_async_outcomes_total{destination="url",result="${result}"} `;
  return Number(
    body
      .split('\n')
      .find((one) => one.startsWith(line))
      ?.slice(line.length),
  );
}
