import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import type { TriggerEvent } from '#gateway/triggers/source.ts';
import { MAX_HOOK_BODY_BYTES } from '#gateway/triggers/webhook/hooks.ts';
import { startRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, startFixture, withRedis } from '#test/integration/gateway/fixture.ts';
import { prepareRedis, storeTriggers } from './support.ts';

const TOKEN = 'of-the-bucket';
const webhook: TriggerSpec = {
  name: 'bucket',
  type: 's3',
  config: { webhook: {} },
  credentials: { token: TOKEN },
  batch: { maxEvents: 1, maxWaitMilliseconds: 200 },
  concurrency: 10,
};
const triggers: Record<string, TriggerSpec> = {
  'shop/resize/bucket': webhook,
  'shop/resize/keyless': { ...webhook, name: 'keyless', credentials: {} },
  'shop/resize/queue': { ...webhook, name: 'queue', config: { sqs: {} } },
  'shop/resize/other': { ...webhook, name: 'other', type: 'kafka' },
};

let fixture: Fixture;
let deliver: (events: readonly TriggerEvent[]) => Promise<void>;
let find: () => Promise<void>;

beforeAll(async () => {
  fixture = await startFixture(
    {},
    {
      hookPort: {
        async find(functionKey, name) {
          await find();
          return triggers[`${functionKey}/${name}`];
        },
        deliver: (functionKey, { name }, events) =>
          functionKey === 'shop/resize' && name === 'bucket'
            ? deliver(events)
            : Promise.reject(new Error('wrong')),
      },
    },
  );
});
afterAll(() => fixture?.stop());

let delivered: TriggerEvent[];
beforeEach(() => {
  delivered = [];
  deliver = async (events) => {
    delivered.push(...events);
  };
  find = async () => {};
});

const record = (key: string) => ({
  eventName: 's3:ObjectCreated:Put',
  eventSource: 'minio:s3',
  s3: { bucket: { name: 'photos' }, object: { key } },
});
const notification = (...keys: string[]) => JSON.stringify({ Records: keys.map(record) });
async function post(
  path: string,
  body: string,
  headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
) {
  const response = await fetch(`http://127.0.0.1:${fixture.port}/hooks/shop/resize/${path}`, {
    method: 'POST',
    body,
    headers,
  });
  const document = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, type: document.type, document };
}
const problem = (name: string) => `https://catnap.dev/problems/${name}`;

it('answers 200 once the events are delivered, and not before', async () => {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  deliver = async (events) => {
    delivered.push(...events);
    reached.resolve();
    await gate.promise;
  };
  let answered = false;
  const answer = post('bucket', notification('a', 'b')).finally(() => {
    answered = true;
  });
  await reached.promise;
  expect(delivered.map(({ subject }) => subject)).toEqual(['a', 'b']);
  expect(answered).toBe(false);
  gate.resolve();
  expect(await answer).toMatchObject({ status: 200, document: { events: 2 } });
});

it('answers 503 when they could be neither delivered nor kept', async () => {
  deliver = () => Promise.reject(new Error('the secret reason'));
  const answer = await post('bucket', notification('a'));
  expect(answer).toMatchObject({ status: 503, type: problem('hook-unavailable') });
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(JSON.stringify(answer.document)).not.toContain('secret reason');
});

it('answers 503 when the trigger cannot be looked up', async () => {
  find = () => Promise.reject(new Error('no Redis'));
  expect(await post('bucket', notification('a'))).toMatchObject({
    status: 503,
    type: problem('hook-unavailable'),
  });
});

it('answers 200 to a notification without events', async () => {
  expect(await post('bucket', '{"Event":"s3:TestEvent"}')).toMatchObject({
    status: 200,
    document: { events: 0 },
  });
});

it.each([
  ['another token', { authorization: 'Bearer wrong' }],
  ['another scheme', { authorization: `Basic ${TOKEN}` }],
  ['no token', {}],
])('answers 401 to %s', async (_, headers) => {
  const answer = await post('bucket', notification('a'), headers as Record<string, string>);
  expect(answer).toMatchObject({ status: 401, type: problem('unauthorized') });
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  expect(delivered).toEqual([]);
});

it('answers 401 to everything when the Secret has no token', async () => {
  for (const authorization of ['Bearer ', 'Bearer undefined', `Bearer ${TOKEN}`]) {
    expect((await post('keyless', notification('a'), { authorization })).status).toBe(401);
  }
});

it.each(['absent', 'queue', 'other'])('answers 404 where there is no webhook: %s', async (name) => {
  expect(await post(name, notification('a'))).toMatchObject({
    status: 404,
    type: problem('trigger-not-found'),
  });
});

it('answers 400 to what is no notification', async () => {
  expect(await post('bucket', 'no JSON')).toMatchObject({ status: 400, type: problem('bad-request') });
  expect((await post('bucket', '')).status).toBe(400);
});

it('answers 413 to a body that is too large, announced or not', async () => {
  const large = notification('a'.repeat(MAX_HOOK_BODY_BYTES));
  expect(await post('bucket', large)).toMatchObject({ status: 413, type: problem('payload-too-large') });
  const streamed = await fetch(`http://127.0.0.1:${fixture.port}/hooks/shop/resize/bucket`, {
    method: 'POST',
    body: new Blob([large]).stream(),
    duplex: 'half',
    headers: { authorization: `Bearer ${TOKEN}` },
  } as RequestInit);
  expect(streamed.status).toBe(413);
  expect(delivered).toEqual([]);
});

it('takes nothing but POST', async () => {
  const { status, headers } = await fixture.call('/hooks/shop/resize/bucket');
  expect([status, headers.allow]).toEqual([405, 'POST']);
});

it('counts what it refuses', async () => {
  await post('absent', notification('a'));
  const metrics = await fetch(`http://127.0.0.1:${fixture.gateway.controlPort}/metrics`);
  expect(await metrics.text()).toMatch(/catnap_refused_requests_total\{reason="TriggerNotFound"\} [1-9]/);
});

it('a gateway that runs no triggers has no such route', async () => {
  const plain = await startFixture();
  try {
    expect((await plain.call('/hooks/shop/resize/bucket', { method: 'POST' })).status).toBe(404);
  } finally {
    await plain.stop();
  }
});

it('a trigger that was read once is known: posts go on while Redis is away', async () => {
  const server = await startRedis();
  const redis = await prepareRedis(server.url);
  const own = await startFixture(withRedis(server.url));
  try {
    own.addFunction('resize', {}, await storeTriggers(redis, 'resize', [webhook]));
    const pod = await own.addPod('resize', (_, response) => response.end());
    const posted = () =>
      own.call('/hooks/shop/resize/bucket', {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}` },
        body: notification('a'),
      });
    await waitFor(async () => (await posted()).status === 200, {
      timeoutMs: 5_000,
      describe: 'Redis to be connected',
    });
    await server.kill();
    const before = pod.served();
    expect((await posted()).status).toBe(200);
    expect(pod.served()).toBe(before + 1);
  } finally {
    redis.disconnect();
    await own.stop();
    await server.stop();
  }
});
