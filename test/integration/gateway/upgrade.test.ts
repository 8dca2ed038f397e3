import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { waitFor } from '#test/harness/wait-for.ts';
import { type FakePod, type Fixture, raw, startFixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.stop());

async function echoPod(name: string): Promise<FakePod> {
  const pod = await fixture.addPod(name, (_, response) => response.writeHead(426).end());
  const sockets = new WebSocketServer({ server: pod.server, handleProtocols: () => 'chat' });
  sockets.on('connection', (socket, request) => {
    socket.on('message', (data, binary) =>
      socket.send(binary ? data : `${request.url}: ${data}`, { binary }),
    );
  });
  return pod;
}

const url = (path: string) => `ws://127.0.0.1:${fixture.port}${path}`;
const idle = () =>
  waitFor(() => fixture.gateway.invoker.active === 0, {
    timeoutMs: 3_000,
    describe: 'the connection to be given back',
  });

it('joins a WebSocket with the pod, both ways, and counts it as a running call', async () => {
  const path = fixture.addFunction('chat');
  await echoPod('chat');
  const socket = new WebSocket(url(`${path}/room?x=1`), 'chat');
  await once(socket, 'open');
  expect(socket.protocol).toBe('chat');
  socket.send('hello');
  expect(String((await once(socket, 'message'))[0])).toBe('/room?x=1: hello');
  const large = Buffer.alloc(3_000_000, 'z');
  socket.send(large);
  expect(Buffer.compare((await once(socket, 'message'))[0], large)).toBe(0);
  expect(fixture.gateway.invoker.table.get('shop/chat')?.inFlight).toBe(1);
  socket.close(4001, 'bye');
  const [code] = await once(socket, 'close');
  expect(code).toBe(4001);
  await idle();
  expect(fixture.gateway.invoker.table.get('shop/chat')?.inFlight).toBe(0);
});

it('wakes a sleeping function', async () => {
  const path = fixture.addFunction('chat');
  fixture.scales.onSet = () => void echoPod('chat');
  const socket = new WebSocket(url(path), 'chat');
  await once(socket, 'open');
  socket.terminate();
  await idle();
});

it('gives the caller the answer of a pod that does not want to', async () => {
  const path = fixture.addFunction('plain');
  await fixture.addPod('plain', (_, response) => response.writeHead(403).end('no sockets here'));
  const socket = new WebSocket(url(path));
  const [, response] = await once(socket, 'unexpected-response');
  expect(response.statusCode).toBe(403);
  expect(String((await once(response, 'data'))[0])).toBe('no sockets here');
  await idle();
});

it('answers with a problem when there is no such function', async () => {
  const socket = new WebSocket(url('/fn/shop/nobody'));
  const [, response] = await once(socket, 'unexpected-response');
  expect(response.statusCode).toBe(404);
});

it('closes the caller when the pod dies', async () => {
  const path = fixture.addFunction('chat');
  const pod = await echoPod('chat');
  const socket = new WebSocket(url(path), 'chat');
  await once(socket, 'open');
  socket.on('error', () => {});
  await pod.kill();
  await once(socket, 'close');
  await idle();
});

it('takes a request to switch to h2c as an ordinary one', async () => {
  const path = fixture.addFunction('plain');
  const pod = await fixture.addPod('plain', (_, response) => response.end('http/1.1'));
  expect((pod.server.address() as AddressInfo).address).toBe(pod.address);
  const answer = await raw(
    fixture.port,
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings, close\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n`,
  );
  expect(answer).toContain('200 OK');
  expect(answer).toContain('http/1.1');
});
