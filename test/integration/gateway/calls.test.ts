import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { type FakePod, type Fixture, startFixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.stop());

describe('a warm call', () => {
  it('reaches the pod and brings back its answer', async () => {
    const path = fixture.addFunction('hello');
    await fixture.addPod('hello', (request, response) => {
      response.setHeader('x-own', ['1', '2']);
      response.statusCode = 201;
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => response.end(`${request.method} ${request.url} ${body}`));
    });
    const answer = await fixture.call(`${path}/a%2Fb?c=d`, { method: 'POST', body: 'payload' });
    expect(answer).toMatchObject({ status: 201, body: 'POST /a%2Fb?c=d payload' });
    expect(answer.headers['x-own']).toBe('1, 2');
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{16}-\w+$/);
  });

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'PUT', 'POST'])('passes %s on', async (method) => {
    const path = fixture.addFunction('hello');
    await fixture.addPod('hello', (request, response) => {
      response.writeHead(200, { 'x-method': request.method ?? '', 'content-length': 4 });
      response.end('body');
    });
    const answer = await fixture.call(path, { method });
    expect(answer.headers['x-method']).toBe(method);
    expect(answer.body).toBe(method === 'HEAD' ? '' : 'body');
    if (method === 'HEAD') expect(answer.headers['content-length']).toBe('4');
  });

  it.each([204, 304])('passes a %i without body', async (status) => {
    const path = fixture.addFunction('hello');
    await fixture.addPod('hello', (_, response) => response.writeHead(status).end());
    expect(await fixture.call(path)).toMatchObject({ status, body: '' });
  });
});

describe('a call that no function takes', () => {
  it('is answered with a problem document', async () => {
    const answer = await fixture.call('/fn/shop/nobody', { headers: { 'x-request-id': 'mine-1' } });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toEqual({
      type: 'https://catnap.dev/problems/function-not-found',
      title: 'No such function',
      status: 404,
      detail: 'There is no function shop/nobody.',
      instance: 'mine-1',
    });
  });

  it('is asked to come back while the watches are not synced', async () => {
    fixture.functions.synced = false;
    const answer = await fixture.call('/fn/shop/nobody');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(answer.json()).toMatchObject({ type: 'https://catnap.dev/problems/gateway-starting' });
  });

  it('gets 404 for other routes, and for a function that was deleted', async () => {
    const path = fixture.addFunction('gone');
    fixture.functions.tell('shop/gone', undefined);
    expect((await fixture.call(path)).json()).toMatchObject({ status: 404 });
    expect((await fixture.call('/health')).json()).toMatchObject({
      type: 'https://catnap.dev/problems/route-not-found',
    });
  });
});

describe('a cold call', () => {
  it('wakes the function and goes to the pod as soon as that listens, before it is reported ready', async () => {
    const path = fixture.addFunction('sleepy');
    const pod = fixture.reserve();
    fixture.scales.onSet = () => {
      fixture.tellPod('sleepy', { name: pod.name }, { ready: false });
      fixture.tellPod('sleepy', pod, { ready: false });
    };
    const answer = fixture.call(path);
    await waitFor(() => fixture.scales.sets.length > 0, { timeoutMs: 5_000, describe: 'the wake' });
    await pause(100);
    const started = await fixture.addPod('sleepy', (_, response) => response.end('up'), { announce: false });
    // The address that was announced begins to listen.
    await started.kill();
    const listening = await startAt(pod.address);
    expect((await answer).body).toBe('up');
    expect(fixture.scales.sets).toEqual([{ name: 'fn-sleepy', replicas: 1, fieldManager: 'catnap-gateway' }]);
    listening.close();
    listening.closeAllConnections();
  });

  it('asks for as many pods as the waiting calls need, within maxReplicas', async () => {
    const path = fixture.addFunction('burst', { scaling: { concurrency: 2, maxReplicas: 3 } });
    fixture.scales.onSet = () => void fixture.addPod('burst', (_, response) => response.end('ok'));
    const answers = await Promise.all(Array.from({ length: 20 }, () => fixture.call(path)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(fixture.scales.sets[0]?.replicas).toBeLessThanOrEqual(3);
  });

  it('wakes a function again at once that fell asleep right after its last call', async () => {
    const path = fixture.addFunction('drowsy');
    fixture.scales.onSet = () =>
      void fixture.addPod('drowsy', (_, response) => response.end('ok')).then((pod) => pods.push(pod));
    const pods: FakePod[] = [];
    const started = performance.now();
    for (let i = 1; i <= 3; i++) {
      expect((await fixture.call(path)).status).toBe(200);
      expect(fixture.scales.sets).toHaveLength(i);
      fixture.removePod(pods.at(-1) as FakePod);
      fixture.scales.replicas.set('fn-drowsy', 0);
    }
    expect(performance.now() - started).toBeLessThan(900);
  });

  it('never lowers a scale that others have set', async () => {
    const path = fixture.addFunction('busy', { queue: { maxWaitSeconds: 1 } });
    fixture.scales.replicas.set('fn-busy', 5);
    expect((await fixture.call(path)).json()).toMatchObject({ status: 504 });
    expect(fixture.scales.sets).toEqual([]);
  });

  it('keeps trying to wake while the API server fails', async () => {
    const path = fixture.addFunction('patient');
    fixture.scales.failure = new Error('no API server');
    const answer = fixture.call(path);
    await waitFor(() => fixture.scales.wakes >= 3, { timeoutMs: 5_000, describe: 'three attempts' });
    fixture.scales.failure = undefined;
    fixture.scales.onSet = () => void fixture.addPod('patient', (_, response) => response.end('woken'));
    expect((await answer).body).toBe('woken');
  });
});

async function startAt(address: string) {
  const server = createServer((_, response) => response.end('up'));
  await fixture.listen(server, address);
  return server;
}
