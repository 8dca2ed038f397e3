import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, raw, startFixture } from './fixture.ts';

const MEGABYTE = 1024 * 1024;

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.stop());

describe('a response that comes in parts', () => {
  it('is passed on part by part: server-sent events', async () => {
    const path = fixture.addFunction('events');
    const next: (() => void)[] = [];
    await fixture.addPod('events', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      let count = 0;
      next.push(() => {
        count += 1;
        response.write(`data: ${count}\n\n`);
      });
      next.push(() => void response.end());
    });
    const outgoing = request({ host: '127.0.0.1', port: fixture.port, path }).end();
    // The head alone arrives although no part of the body exists.
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    for (const expected of ['data: 1\n\n', 'data: 2\n\n']) {
      const part = once(response, 'data');
      next[0]?.();
      expect(String(await part)).toBe(expected);
    }
    next[1]?.();
    await once(response.resume(), 'end');
  });

  it('keeps its trailers', async () => {
    const path = fixture.addFunction('trailers');
    await fixture.addPod('trailers', (_, response) => {
      response.writeHead(200, { trailer: 'x-sum' });
      response.write('body');
      response.addTrailers({ 'x-sum': '42' });
      response.end();
    });
    const outgoing = request({ host: '127.0.0.1', port: fixture.port, path }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    await once(response.resume(), 'end');
    expect(response.trailers['x-sum']).toBe('42');
  });

  it('may follow informational responses', async () => {
    const path = fixture.addFunction('hints');
    await fixture.addPod('hints', (_, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => response.end('final'));
    });
    expect((await fixture.call(path)).body).toBe('final');
  });
});

describe('large bodies', () => {
  it('go up no faster than the pod takes them', async () => {
    const path = fixture.addFunction('sink');
    let received = 0;
    const called = Promise.withResolvers<IncomingMessage>();
    await fixture.addPod('sink', (incoming, response) => {
      incoming.on('end', () => response.end('done'));
      called.resolve(incoming);
    });
    const chunk = Buffer.alloc(256 * 1024, 'x');
    const outgoing = request({ host: '127.0.0.1', port: fixture.port, path, method: 'POST' });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    let sent = 0;
    const upload = async () => {
      for (; sent < 100 * MEGABYTE; sent += chunk.length) {
        if (!outgoing.write(chunk)) await once(outgoing, 'drain');
      }
      outgoing.end();
    };
    const uploaded = upload();
    const incoming = await called.promise;
    await pause(300);
    // Socket buffers of three processes' worth, not the whole body.
    expect(sent).toBeLessThan(30 * MEGABYTE);
    incoming.on('data', (part: Buffer) => {
      received += part.length;
    });
    await uploaded;
    const [response] = await answered;
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(received).toBe(100 * MEGABYTE);
  });

  it('come down no faster than the caller takes them', async () => {
    const path = fixture.addFunction('source');
    let sent = 0;
    await fixture.addPod('source', async (_, response) => {
      const chunk = Buffer.alloc(256 * 1024, 'x');
      for (; sent < 100 * MEGABYTE && !response.destroyed; sent += chunk.length) {
        if (!response.write(chunk)) await once(response, 'drain').catch(() => {});
      }
      response.end();
    });
    const outgoing = request({ host: '127.0.0.1', port: fixture.port, path }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.pause();
    await pause(300);
    // Socket buffers of three processes' worth, not the whole body.
    expect(sent).toBeLessThan(30 * MEGABYTE);
    let received = 0;
    response.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    response.resume();
    await once(response, 'end');
    expect(received).toBe(100 * MEGABYTE);
  });

  it('may be answered before they are complete', async () => {
    const path = fixture.addFunction('early');
    await fixture.addPod('early', (_, response) => response.writeHead(403).end('no'));
    const outgoing = request({
      host: '127.0.0.1',
      port: fixture.port,
      path,
      method: 'POST',
      headers: { 'content-length': 5 * MEGABYTE },
    });
    outgoing.on('error', () => {});
    outgoing.write('beginning');
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(403);
    response.resume();
    await waitFor(() => fixture.gateway.invoker.active === 0, {
      timeoutMs: 3_000,
      describe: 'the call to end',
    });
    outgoing.destroy();
  });

  it('flow both ways at once', async () => {
    const path = fixture.addFunction('echo');
    await fixture.addPod('echo', (incoming, response) => void incoming.pipe(response));
    const outgoing = request({ host: '127.0.0.1', port: fixture.port, path, method: 'POST' });
    outgoing.write('one');
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(String((await once(response, 'data'))[0])).toBe('one');
    outgoing.write('two');
    expect(String((await once(response, 'data'))[0])).toBe('two');
    outgoing.end();
    await once(response, 'end');
  });
});

describe('Expect: 100-continue', () => {
  it.each([5, 200_000])('is answered when the body (%i bytes) is wanted', async (length) => {
    const path = fixture.addFunction('expecting');
    await fixture.addPod('expecting', (incoming, response) => {
      expect(incoming.headers.expect).toBeUndefined();
      let received = 0;
      incoming.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      incoming.on('end', () => response.end(String(received)));
    });
    const outgoing = request({
      host: '127.0.0.1',
      port: fixture.port,
      path,
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': length },
    });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.end('x'.repeat(length));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(String((await once(response, 'data'))[0])).toBe(String(length));
  });

  it('is not when the function does not exist', async () => {
    const answer = await raw(
      fixture.port,
      'POST /fn/shop/nobody HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  });
});

it('a caller that stops in the middle of its body ends the call', async () => {
  const path = fixture.addFunction('half');
  const pod = await fixture.addPod('half', (incoming) => void incoming.resume());
  const socket = connect(fixture.port, '127.0.0.1');
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nbeginning`);
  await waitFor(() => pod.running() === 1, { timeoutMs: 3_000, describe: 'the call to run' });
  socket.resetAndDestroy();
  await waitFor(() => pod.running() === 0 && fixture.gateway.invoker.active === 0, {
    timeoutMs: 3_000,
    describe: 'the call to end',
  });
});
