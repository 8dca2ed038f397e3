import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { call, startFixture } from './fixture.ts';

it('lets running and waiting calls come to their end, and refuses new connections', async () => {
  const fixture = await startFixture();
  const path = fixture.addFunction('slow', { scaling: { concurrency: 1 } });
  await fixture.addPod('slow', (_, response) => void setTimeout(() => response.end('done'), 300));
  const calls = [fixture.call(path), fixture.call(path), fixture.call(path)];
  await waitFor(() => fixture.gateway.invoker.active === 3, {
    timeoutMs: 2_000,
    describe: 'three calls',
    intervalMs: 5,
  });
  const stopped = fixture.gateway.stop();
  await pause(50);
  const ready = await fetch(`http://127.0.0.1:${fixture.gateway.controlPort}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, 'draining']);
  await expect(call(fixture.port, path)).rejects.toThrow('ECONNREFUSED');
  expect((await Promise.all(calls)).map(({ body }) => body)).toEqual(['done', 'done', 'done']);
  expect(await stopped).toBe(true);
  await fixture.stop();
});

it('ends what does not come to its end in time', async () => {
  const fixture = await startFixture({ CATNAP_DRAIN_SECONDS: '1' });
  const path = fixture.addFunction('endless');
  const pod = await fixture.addPod('endless', (_, response) => void response.write('x'));
  const outgoing = request({ host: '127.0.0.1', port: fixture.port, path }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  response.resume();
  const started = performance.now();
  expect(await fixture.gateway.stop()).toBe(false);
  expect(performance.now() - started).toBeLessThan(3_000);
  await waitFor(() => pod.running() === 0, { timeoutMs: 2_000, describe: 'the pod to see the end' });
  await fixture.stop();
});

it('tells callers on open connections not to come back on them', async () => {
  const fixture = await startFixture({}, { settleMs: 300 });
  const path = fixture.addFunction('hello');
  await fixture.addPod('hello', (_, response) => response.end('ok'));
  await fixture.call(path);
  const stopped = fixture.gateway.stop();
  const answer = await fixture.call(path);
  expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
  await stopped;
  await fixture.stop();
});
