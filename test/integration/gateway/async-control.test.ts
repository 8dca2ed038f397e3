import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlToken } from '#gateway/async/secrets.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { type Answer, call, ENCRYPTION_KEY, type Fixture, startFixture, withRedis } from './fixture.ts';
import { asynchronous, finished, untilConnected } from './invocation.ts';

let redis: TestRedis;
let fixture: Fixture;
let good: boolean;
beforeEach(async () => {
  redis = await startRedis();
  fixture = await startFixture(withRedis(redis.url));
  await untilConnected(fixture);
  good = false;
  fixture.addFunction('shaky');
  await fixture.addPod('shaky', (_, response) => response.writeHead(good ? 200 : 400).end());
});
afterEach(async () => {
  await fixture.stop();
  await redis.stop();
});

const authorization = `Bearer ${controlToken(Buffer.from(ENCRYPTION_KEY, 'base64'))}`;
const control = (path: string, method = 'GET', headers: Record<string, string> = { authorization }) =>
  call(fixture.gateway.controlPort, `/async${path}`, { method, headers });

async function fail(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const accepted: Answer = await fixture.call('/fn/shop/shaky/order?x=1', {
      method: 'POST',
      body: `call ${i}`,
      headers: asynchronous,
    });
    await finished(fixture, accepted);
    ids.push(accepted.headers.location?.split('/').at(-1) ?? '');
  }
  return ids;
}

it('nothing is told to who has no token, or another one', async () => {
  for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: `${authorization}0` }]) {
    for (const path of ['/dead-letters', '/functions/shop/shaky/invocations', '/dead-letters/x', '/none']) {
      expect((await control(path, 'GET', headers as Record<string, string>)).status).toBe(401);
    }
  }
});

it('the calls of a function are listed, newest first, by pages', async () => {
  const ids = await fail(5);
  const first = (await control('/functions/shop/shaky/invocations?limit=3')).json();
  expect((first.invocations as { id: string }[]).map(({ id }) => id)).toEqual(ids.slice(2).reverse());
  expect((first.invocations as object[])[0]).toMatchObject({ status: 'failed', responseStatus: 400 });
  const second = (await control(`/functions/shop/shaky/invocations?limit=3&before=${first.next}`)).json();
  expect((second.invocations as { id: string }[]).map(({ id }) => id)).toEqual(ids.slice(0, 2).reverse());
  expect(second.next).toBeUndefined();
  expect((await control('/functions/shop/other/invocations')).json()).toEqual({ invocations: [] });
});

describe('dead letters', () => {
  it('are counted, listed and shown', async () => {
    const ids = await fail(3);
    expect((await control('/dead-letters')).json()).toEqual({
      functions: [{ function: 'shop/shaky', count: 3 }],
    });
    const page = (await control('/functions/shop/shaky/dead-letters?limit=2')).json();
    expect((page.deadLetters as { id: string }[]).map(({ id }) => id)).toEqual(ids.slice(1).reverse());
    expect((await control(`/dead-letters/${ids[0]}`)).json()).toMatchObject({
      id: ids[0],
      function: 'shop/shaky',
      attempts: 1,
      reason: 'FunctionError',
      detail: 'The function answered with status 400.',
      request: { method: 'POST', path: '/order?x=1', body: 'call 0', bodyEncoding: 'utf8' },
    });
    expect((await control('/dead-letters/none')).status).toBe(404);
  });

  it('are sent again one by one, as new calls', async () => {
    const [id] = await fail(1);
    good = true;
    const answer = await control(`/dead-letters/${id}/redrive`, 'POST');
    expect(answer.status).toBe(202);
    const location = `/invocations/${answer.json().invocation}`;
    expect(await finished(fixture, { headers: { location } })).toMatchObject({
      status: 'succeeded',
      attempts: 1,
    });
    expect((await control('/dead-letters')).json()).toEqual({ functions: [] });
    expect((await control(`/dead-letters/${id}/redrive`, 'POST')).status).toBe(404);
  });

  it('are sent again all at once, and those that fail again come back', async () => {
    await fail(3);
    good = true;
    expect((await control('/functions/shop/shaky/dead-letters/redrive', 'POST')).json()).toEqual({
      redriven: 3,
      left: 0,
    });
    good = false;
    await fail(1);
    fixture.functions.tell('shop/shaky', undefined);
    expect((await control('/functions/shop/shaky/dead-letters/redrive', 'POST')).json()).toEqual({
      redriven: 0,
      left: 1,
    });
  });

  it('are removed, one or all', async () => {
    const [first] = await fail(3);
    expect((await control(`/dead-letters/${first}`, 'DELETE')).status).toBe(204);
    expect((await control('/functions/shop/shaky/dead-letters', 'DELETE')).json()).toEqual({ purged: 2 });
    expect((await control('/dead-letters')).json()).toEqual({ functions: [] });
  });

  it('are measured, as is what else there is to do', async () => {
    await fail(2);
    await fixture.call('/async/shop/shaky', { headers: { 'x-catnap-delay': '600' } });
    const { body } = await call(fixture.gateway.controlPort, '/metrics');
    const lines = body.split('\n');
    expect(lines).toContain('catnap_async_dead_letters_total{reason="FunctionError"} 2');
    expect(lines).toContain('catnap_async_dead_letters 2');
    expect(lines).toContain('catnap_async_backlog_calls{namespace="shop",function="shaky"} 1');
    expect(lines).toContain('catnap_async_finished_total{result="failed"} 2');
    expect(lines).toContain('catnap_async_oldest_waiting_seconds 0');
  });
});
