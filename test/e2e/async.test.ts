import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline } from './support/function.ts';
import { call } from './support/http.ts';
import { accept, finished } from './support/invocation.ts';
import { seriesOf } from './support/metrics.ts';
import { useNamespace } from './support/namespace.ts';

describe('asynchronous calls', () => {
  const space = useNamespace('async');

  it('answer 202 with a Location, wake the function, and keep the result', async () => {
    const test = space();
    const code = `export const handler = async (event, context) => ({
      got: await event.text(), attempt: context.attempt, id: context.invocationId,
    });`;
    await test.deploy('later', inline(code, { scaling: { idleSeconds: 2 } }));
    await test.untilAsleep('later');
    const location = await accept(test, 'later', 'work');
    const done = await finished(test, location);
    expect(done).toMatchObject({ status: 'succeeded', attempts: 1, response: { status: 200 } });
    const id = location.split('/').at(-1);
    expect(JSON.parse(done.response?.body ?? '')).toEqual({ got: 'work', attempt: 1, id });
    const raw = await call(`${test.platform.gatewayUrl}${location}/response`);
    expect(raw.status).toBe(200);
    expect(JSON.parse(raw.text).got).toBe('work');
  });

  it('are delivered again when they fail, and give up after maxAttempts', async () => {
    const test = space();
    const code = `export const handler = (event, context) => {
      if (context.attempt < Number(event.query.good)) throw new Error('not yet');
      return 'good';
    };`;
    await test.deploy('retries', inline(code, { async: { maxAttempts: 2, backoffSeconds: 1 } }));
    const second = await finished(test, await accept(test, 'retries', '', '?good=2'));
    expect(second).toMatchObject({ status: 'succeeded', attempts: 2 });
    const never = await finished(test, await accept(test, 'retries', '', '?good=9'));
    expect(never).toMatchObject({ status: 'failed', attempts: 2 });
  });

  it('can be waited for and cancelled', async () => {
    const test = space();
    const code = `export const handler = (event, context) => new Promise((resolve) => {
      context.signal.addEventListener('abort', () => resolve('aborted'));
      setTimeout(resolve, Number(event.query.ms), 'done');
    });`;
    await test.deploy('slow', inline(code, { scaling: { minReplicas: 1 } }));
    const url = (path: string) => `${test.platform.gatewayUrl}${path}`;
    const waited = await call(url(`${await accept(test, 'slow', '', '?ms=500')}?wait=30`));
    expect(JSON.parse(waited.text)).toMatchObject({ status: 'succeeded', response: { body: 'done' } });
    const location = await accept(test, 'slow', '', '?ms=20000');
    await waitFor(async () => JSON.parse((await call(url(location))).text).status === 'running', {
      timeoutMs: 30_000,
      describe: 'the call to run',
    });
    expect((await call(url(location), { method: 'DELETE' })).status).toBe(202);
    expect(await finished(test, location)).toMatchObject({ status: 'cancelled' });
  });

  it('tell a function of the namespace how they ended', async () => {
    const test = space();
    await test.deploy('told', inline('export const handler = () => "thanks";'));
    const failing = "export const handler = () => new Response('no', { status: 400 });";
    await test.deploy('telling', inline(failing, { async: { onFailure: { function: 'told' } } }));
    await finished(test, await accept(test, 'telling', ''));
    const isTold = async () => (await seriesOf(test, 'told')).get('faas_invocations_total') === 1;
    await waitFor(isTold, { timeoutMs: 30_000, describe: 'the function to be told' });
  });

  it('know no other ids than those they gave out', async () => {
    const answer = await call(`${space().platform.gatewayUrl}/invocations/i${'0'.repeat(32)}`);
    expect(answer.status).toBe(404);
  });
});
