import { createServer, type RequestListener, request, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, notReady, startFixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.stop());

const until = (condition: () => boolean, what: string) =>
  waitFor(condition, { timeoutMs: 5_000, describe: what, intervalMs: 5 });
const problem = (type: string) => ({ type: `https://catnap.dev/problems/${type}` });

describe('a pod that fails with a call', () => {
  it('costs a POST a 502', async () => {
    const path = fixture.addFunction('fragile');
    const pod = await fixture.addPod('fragile', (incoming) => incoming.socket.destroy());
    await fixture.addPod('fragile', (_, response) => response.end('ok'));
    const answer = await fixture.call(path, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject(problem('pod-failed'));
    expect(pod.served()).toBe(1);
  });

  it('costs a GET nothing: another pod gets it', async () => {
    const path = fixture.addFunction('fragile', { scaling: { concurrency: 1 } });
    const bad = await fixture.addPod('fragile', (incoming) => {
      fixture.tellPod('fragile', bad, { ready: false, leaving: true });
      incoming.socket.destroy();
    });
    await fixture.addPod('fragile', (_, response) => response.end('ok'));
    expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'ok' });
    expect(bad.served()).toBe(1);
  });

  it('is not asked for ever: a GET that fails each time ends with 502', async () => {
    const path = fixture.addFunction('fragile');
    const pod = await fixture.addPod('fragile', (incoming) => incoming.socket.destroy());
    expect((await fixture.call(path)).json()).toMatchObject(problem('pod-failed'));
    expect(pod.served()).toBe(3);
  });

  it('breaks the connection of the caller when the response had begun', async () => {
    const path = fixture.addFunction('fragile');
    await fixture.addPod('fragile', (incoming, response) => {
      response.write('half');
      setTimeout(() => incoming.socket.destroy(), 20);
    });
    await expect(fixture.call(path)).rejects.toThrow('aborted');
  });

  it('is passed over when it refuses connections, and asked again once it listens', async () => {
    const path = fixture.addFunction('restarting', { scaling: { concurrency: 1 } });
    const pod = fixture.reserve();
    fixture.tellPod('restarting', pod, { ready: true });
    const answer = fixture.call(path, { method: 'POST', body: 'never sent twice' });
    await pause(50);
    const server = createServer((_, response) => response.end('back'));
    await fixture.listen(server, pod.address);
    expect(await answer).toMatchObject({ status: 200, body: 'back' });
    server.close();
    server.closeAllConnections();
  });

  it('ends its calls when the API server says that it is gone', async () => {
    const path = fixture.addFunction('lost');
    const pod = await fixture.addPod('lost', () => {});
    const answer = fixture.call(path, { method: 'POST' });
    await until(() => pod.running() === 1, 'the call to run');
    fixture.removePod(pod);
    expect((await answer).json()).toMatchObject(problem('pod-failed'));
  });
});

describe('a pod that refuses a call', () => {
  const refuse = (reason: string) => (_: unknown, response: ServerResponse) => {
    response.writeHead(503, { 'x-catnap-rejected': reason }).end('not me');
  };

  it.each(['concurrency', 'draining'])('for %s: another one gets it, also a POST', async (reason) => {
    const path = fixture.addFunction('full', { scaling: { concurrency: 1 } });
    const full = await fixture.addPod('full', refuse(reason));
    const free = await fixture.addPod('full', (_, response) => response.end('ok'));
    for (let i = 0; i < 3; i++) {
      expect(await fixture.call(path, { method: 'POST', body: 'x' })).toMatchObject({
        status: 200,
        body: 'ok',
      });
    }
    expect(free.served()).toBe(3);
    if (reason === 'draining') expect(full.served()).toBe(1);
  });

  it('is asked again a moment later when there is no other', async () => {
    const path = fixture.addFunction('full');
    let refusals = 3;
    const pod = await fixture.addPod('full', (incoming, response) => {
      if (refusals-- > 0) refuse('concurrency')(incoming, response);
      else response.end('at last');
    });
    expect((await fixture.call(path, { method: 'POST', body: 'x' })).body).toBe('at last');
    expect(pod.served()).toBe(4);
  });

  it('does not make an ordinary 503 of a function disappear', async () => {
    const path = fixture.addFunction('busy');
    await fixture.addPod('busy', (_, response) =>
      response.writeHead(503, { 'retry-after': '9' }).end('mine'),
    );
    expect(await fixture.call(path)).toMatchObject({
      status: 503,
      body: 'mine',
      headers: { 'retry-after': '9' },
    });
  });
});

describe('too many calls', () => {
  it('never exceed the concurrency of a pod', async () => {
    const path = fixture.addFunction('narrow', { scaling: { concurrency: 2 } });
    const handler: RequestListener = (_, response) => void setTimeout(() => response.end('ok'), 5);
    const pods = [await fixture.addPod('narrow', handler), await fixture.addPod('narrow', handler)];
    await Promise.all(Array.from({ length: 40 }, () => fixture.call(path)));
    expect(pods.map((pod) => pod.peak())).toEqual([2, 2]);
    expect(pods.reduce((sum, pod) => sum + pod.served(), 0)).toBe(40);
  });

  it('run in the order in which they came', async () => {
    const path = fixture.addFunction('narrow', { scaling: { concurrency: 1 } });
    const order: string[] = [];
    const open = Promise.withResolvers<void>();
    await fixture.addPod('narrow', (incoming, response) => {
      order.push(incoming.url ?? '');
      void open.promise.then(() => response.end('ok'));
    });
    const answers: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i++) {
      answers.push(fixture.call(`${path}/${i}`));
      // So that the order of arrival is certain.
      await until(() => fixture.gateway.invoker.active === i + 1, `call ${i} to arrive`);
    }
    open.resolve();
    await Promise.all(answers);
    expect(order).toEqual(Array.from({ length: 40 }, (_, i) => `/${i}`));
  });

  it('get 503 and Retry-After at once when the queue is full', async () => {
    const path = fixture.addFunction('popular', { scaling: { concurrency: 1 }, queue: { maxDepth: 2 } });
    const pod = await fixture.addPod(
      'popular',
      (_, response) => void setTimeout(() => response.end('ok'), 200),
    );
    const first = [fixture.call(path), fixture.call(path), fixture.call(path)];
    await until(() => fixture.gateway.invoker.active === 3, 'three calls');
    const answer = await fixture.call(path);
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(answer.json()).toMatchObject(problem('queue-full'));
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(pod.peak()).toBe(1);
  });

  it('get 504 when they waited as long as the function allows', async () => {
    const path = fixture.addFunction('stuck', { scaling: { concurrency: 1 }, queue: { maxWaitSeconds: 1 } });
    await fixture.addPod('stuck', () => {});
    const controller = new AbortController();
    const running = fixture.call(path, { signal: controller.signal }).catch(() => {});
    await until(() => fixture.gateway.invoker.active === 1, 'the first call');
    const started = performance.now();
    const answer = await fixture.call(path);
    expect(answer.status).toBe(504);
    expect(answer.json()).toMatchObject(problem('queue-timeout'));
    expect(performance.now() - started).toBeGreaterThan(950);
    controller.abort();
    await running;
  });
});

describe('a call that lasts too long', () => {
  it('gets 504 and is taken off its pod', async () => {
    const path = fixture.addFunction('hanging', { timeoutSeconds: 1 });
    const pod = await fixture.addPod('hanging', () => {});
    const answer = await fixture.call(path);
    expect(answer.status).toBe(504);
    expect(answer.json()).toMatchObject(problem('call-timeout'));
    await until(() => pod.running() === 0, 'the pod to see the end');
  });

  it('is cut off when its response had begun', async () => {
    const path = fixture.addFunction('endless', { timeoutSeconds: 1 });
    await fixture.addPod('endless', (_, response) => void response.write('and so on'));
    await expect(fixture.call(path)).rejects.toThrow('aborted');
  });

  it('does not count the time in the queue', async () => {
    const path = fixture.addFunction('slow', { timeoutSeconds: 1, scaling: { concurrency: 1 } });
    await fixture.addPod('slow', (_, response) => void setTimeout(() => response.end('ok'), 700));
    const answers = await Promise.all([fixture.call(path), fixture.call(path), fixture.call(path)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

describe('a caller that goes away', () => {
  it('ends the call at the pod', async () => {
    const path = fixture.addFunction('long');
    const pod = await fixture.addPod('long', () => {});
    const outgoing = request({ port: fixture.port, path, host: '127.0.0.1' });
    outgoing.on('error', () => {});
    outgoing.end();
    await until(() => pod.running() === 1, 'the call to run');
    outgoing.destroy();
    await until(() => pod.running() === 0 && fixture.gateway.invoker.active === 0, 'the call to end');
  });

  it('leaves the queue', async () => {
    const path = fixture.addFunction('asleep');
    const outgoing = request({ port: fixture.port, path, host: '127.0.0.1' });
    outgoing.on('error', () => {});
    outgoing.end();
    await until(() => fixture.gateway.invoker.table.get('shop/asleep')?.waiting === 1, 'the call to wait');
    outgoing.destroy();
    await until(
      () => fixture.gateway.invoker.table.get('shop/asleep')?.waiting === 0,
      'the queue to be empty',
    );
    expect(fixture.gateway.invoker.active).toBe(0);
  });
});

describe('a function that cannot start', () => {
  const failed = notReady('LoadFailed', 'SyntaxError: Unexpected token (index.mjs:3)');

  it('gets one trial call; all others are told at once why its code does not load', async () => {
    const path = fixture.addFunction('broken', {}, failed);
    const trial = fixture.call(path);
    await until(() => fixture.scales.sets.length === 1, 'the wake');
    const answer = await fixture.call(path);
    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({
      ...problem('load-failed'),
      detail: 'SyntaxError: Unexpected token (index.mjs:3)',
    });
    fixture.tellPod('broken', fixture.reserve(), {
      ready: false,
      loadFailure: 'ReferenceError: x (index.mjs:1)',
    });
    expect((await trial).json()).toMatchObject({
      ...problem('load-failed'),
      detail: 'ReferenceError: x (index.mjs:1)',
    });
  });

  it('answers the trial call when the trial succeeds', async () => {
    const path = fixture.addFunction('mended', {}, failed);
    fixture.scales.onSet = () => void fixture.addPod('mended', (_, response) => response.end('loads now'));
    expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'loads now' });
    expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'loads now' });
  });

  it('tells the calls that wait already', async () => {
    const path = fixture.addFunction('broken');
    const waiting = fixture.call(path);
    await until(() => fixture.scales.sets.length === 1, 'the wake');
    fixture.addFunction('broken', {}, failed);
    expect((await waiting).json()).toMatchObject(problem('load-failed'));
  });

  it('says nothing about a generation that the status does not speak of yet', async () => {
    const path = fixture.addFunction('fixed', {}, failed, 2);
    fixture.scales.onSet = () => void fixture.addPod('fixed', (_, response) => response.end('ok'));
    const answers = await Promise.all([fixture.call(path), fixture.call(path)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  it.each([
    ['ImagePullFailed', 'image-pull-failed'],
    ['SourceMissing', 'source-missing'],
    ['StartFailed', 'start-failed'],
  ])('%s: the calls that wait get 503 with the reason', async (reason, type) => {
    const path = fixture.addFunction('missing');
    const waiting = fixture.call(path);
    await until(() => fixture.scales.sets.length === 1, 'the wake');
    fixture.addFunction('missing', {}, notReady(reason, 'said by the operator'));
    const answer = await waiting;
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ ...problem(type), detail: 'said by the operator' });
  });

  it('that is deleted answers 404 to the calls that wait', async () => {
    const path = fixture.addFunction('doomed');
    const waiting = fixture.call(path);
    await until(() => fixture.gateway.invoker.active === 1, 'the call to wait');
    fixture.functions.tell('shop/doomed', undefined);
    expect((await waiting).json()).toMatchObject(problem('function-not-found'));
  });
});

it('goes on with warm calls while the API server and Redis are gone', async () => {
  const path = fixture.addFunction('steady');
  await fixture.addPod('steady', (_, response) => response.end('ok'));
  fixture.scales.failure = new Error('gone');
  for (let i = 0; i < 50; i++) expect((await fixture.call(path)).status).toBe(200);
});

it('uses one connection per running call and keeps it', async () => {
  const path = fixture.addFunction('kept');
  const pod = await fixture.addPod('kept', (_, response) => response.end('ok'));
  let connections = 0;
  pod.server.on('connection', () => {
    connections += 1;
  });
  for (let i = 0; i < 20; i++) await fixture.call(path);
  expect(connections).toBe(1);
});
