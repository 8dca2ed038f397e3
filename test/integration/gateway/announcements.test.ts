/** The port that pods announce themselves on: what it takes in, what it refuses, and what it costs at most. */
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { announceHeaders, announceKey, announceToken } from '#crds/wire/announcement.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { ENCRYPTION_KEY, type Fixture, NAMESPACE, startFixture, withRedis } from './fixture.ts';

let redis: TestRedis;
let fixture: Fixture;
let open: Socket[];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  fixture = await startFixture(withRedis(redis.url));
  open = [];
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  await fixture.stop();
});

interface Claim {
  functionName?: string;
  uid?: string;
  port?: number;
  token?: string;
}

function text(head: string, { functionName = 'hello', uid, port, token }: Claim): string {
  const functionKey = `${NAMESPACE}/${functionName}`;
  const genuine = announceToken(announceKey(Buffer.from(ENCRYPTION_KEY, 'base64')), functionKey);
  return [
    head,
    'host: gateway',
    `authorization: Bearer ${token ?? genuine}`,
    `${announceHeaders.function}: ${functionKey}`,
    `${announceHeaders.podUid}: ${uid}`,
    `${announceHeaders.port}: ${port ?? fixture.podPort}`,
    '',
  ].join('\r\n');
}

function dial(from: string, port = fixture.gateway.announcePort ?? 0): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from });
  socket.on('error', () => {});
  open.push(socket);
  return socket;
}

/** Resolves with all that came back when the gateway closed the connection. */
function received(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let all = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      all += chunk;
    });
    socket.on('close', () => resolve(all));
  });
}

async function send(from: string, bytes: string): Promise<number> {
  const socket = dial(from);
  socket.write(bytes);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(await received(socket))?.[1] ?? 0);
}

const announce = (from: string, claim: Claim): Promise<number> =>
  send(from, `${text('POST /announce HTTP/1.1', claim)}\r\n`);

async function outcomes(outcome: string): Promise<number> {
  const metrics = await fetch(`http://127.0.0.1:${fixture.gateway.controlPort}/metrics`);
  const line = new RegExp(`^catnap_announcements_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm');
  return Number(line.exec(await metrics.text())?.[1] ?? 0);
}

describe('a cold call', () => {
  it('is answered when the pod announces itself, though the API server tells no address', async () => {
    const path = fixture.addFunction('hello');
    const pod = await fixture.addPod('hello', (_, response) => response.end('hi'), { announce: false });
    fixture.scales.onSet = () => {
      fixture.tellPod('hello', { name: pod.name }, { ready: false });
      void announce(pod.address, { uid: `uid-${pod.name}` });
    };
    expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'hi' });
    expect(fixture.scales.gets).toBe(0);
    // What the API server tells at last changes nothing.
    fixture.tellPod('hello', pod, { ready: false });
    fixture.tellPod('hello', pod);
    expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'hi' });
    expect(await outcomes('accepted')).toBe(1);
  });

  it('is answered when the announcement is faster than the watch', async () => {
    const path = fixture.addFunction('hello');
    const pod = await fixture.addPod('hello', (_, response) => response.end('hi'), { announce: false });
    const answer = fixture.call(path);
    expect(await announce(pod.address, { uid: `uid-${pod.name}` })).toBe(202);
    fixture.tellPod('hello', { name: pod.name }, { ready: false });
    expect(await answer).toMatchObject({ status: 200, body: 'hi' });
    expect([await outcomes('held'), await outcomes('accepted')]).toEqual([1, 1]);
  });

  it('is answered when a container that crashed announces itself again', async () => {
    const path = fixture.addFunction('hello');
    const first = await fixture.addPod('hello', (_, response) => response.end('one'), { announce: false });
    fixture.tellPod('hello', { name: first.name }, { ready: false });
    await announce(first.address, { uid: `uid-${first.name}` });
    expect(await fixture.call(path)).toMatchObject({ body: 'one' });
    await first.kill();
    const answer = fixture.call(path);
    first.server.removeAllListeners('request').on('request', (_, response) => response.end('two'));
    await fixture.listen(first.server, first.address);
    expect(await announce(first.address, { uid: `uid-${first.name}` })).toBe(204);
    expect(await answer).toMatchObject({ body: 'two' });
    first.server.close();
  });

  it('does not follow a false announcement once the API server tells the address', async () => {
    const path = fixture.addFunction('hello');
    const pod = await fixture.addPod('hello', (_, response) => response.end('true'), { announce: false });
    const thief = fixture.reserve();
    fixture.tellPod('hello', { name: pod.name }, { ready: false });
    expect(await announce(thief.address, { uid: `uid-${pod.name}` })).toBe(204);
    fixture.tellPod('hello', pod);
    expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'true' });
    expect(await announce(thief.address, { uid: `uid-${pod.name}` })).toBe(409);
    expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'true' });
  });
});

describe('the port', () => {
  it.each<[string, number, string, Claim]>([
    ['a forged token', 401, 'forged', { token: 'A'.repeat(43) }],
    ['no token', 401, 'forged', { token: '' }],
    ["another function's pod", 403, 'other_function', { uid: 'uid-other' }],
    ['an address that is not the pod’s', 409, 'other_address', { uid: 'uid-told' }],
    ['a pod that leaves', 409, 'leaving', { uid: 'uid-leaving' }],
    ['another port', 409, 'other_port', { port: 22 }],
    ['a uid that is none', 400, 'malformed', { uid: '../..' }],
    ['a function that is none', 400, 'malformed', { functionName: 'a/b' }],
  ])('refuses %s with %i and counts it', async (_, status, outcome, claim) => {
    const { address } = fixture.reserve();
    fixture.tellPod('hello', { name: 'mine' }, { ready: false });
    fixture.tellPod('other', { name: 'other' }, { ready: false });
    fixture.tellPod('hello', { name: 'told', address: fixture.reserve().address });
    fixture.tellPod('hello', { name: 'leaving' }, { leaving: true });
    expect(await announce(address, { uid: 'uid-mine', ...claim })).toBe(status);
    expect(await outcomes(outcome)).toBe(1);
    expect(await outcomes('accepted')).toBe(0);
  });

  it.each([
    ['another method', 'GET /announce HTTP/1.1', '\r\n', 400],
    ['another path', 'POST /metrics HTTP/1.1', '\r\n', 400],
    ['a body', 'POST /announce HTTP/1.1', 'content-length: 5\r\n\r\nhello', 400],
    ['a body of unknown length', 'POST /announce HTTP/1.1', 'transfer-encoding: chunked\r\n\r\n', 400],
    ['large headers', 'POST /announce HTTP/1.1', `x: ${'y'.repeat(5_000)}\r\n\r\n`, 431],
    ['what is no HTTP', '\x16\x03\x01', '\r\n\r\n', 400],
  ])('refuses %s', async (_, head, rest, status) => {
    const { address } = fixture.reserve();
    fixture.tellPod('hello', { name: 'mine' }, { ready: false });
    expect(await send(address, text(head, { uid: 'uid-mine' }) + rest)).toBe(status);
    expect(await outcomes('accepted')).toBe(0);
  });

  it('serves nothing that callers or operators ask for', async () => {
    const path = fixture.addFunction('hello');
    const { address } = fixture.reserve();
    for (const asked of [path, '/metrics', '/livez', '/functions']) {
      expect(await send(address, `GET ${asked} HTTP/1.1\r\nhost: gateway\r\n\r\n`)).toBe(400);
    }
    const answer = await fixture.call('/announce', { method: 'POST' });
    expect(answer.status).toBe(404);
  });

  it('closes connections that say nothing or never end saying it', async () => {
    const { address } = fixture.reserve();
    const silent = dial(address);
    const slow = dial(address);
    slow.write('POST /announce HTTP/1.1\r\n');
    const drip = setInterval(() => slow.write('x-drip: 1\r\n'), 100);
    const started = performance.now();
    try {
      await Promise.all([received(silent), received(slow)]);
    } finally {
      clearInterval(drip);
    }
    expect(performance.now() - started).toBeLessThan(4_500);
  });

  it('lets one address have four connections, and others theirs', async () => {
    const greedy = fixture.reserve();
    const modest = fixture.reserve();
    fixture.tellPod('hello', { name: 'mine' }, { ready: false });
    const sockets = Array.from({ length: 12 }, () => dial(greedy.address));
    await waitFor(() => sockets.filter(({ closed }) => closed).length === 8, {
      describe: 'the surplus to be closed',
      timeoutMs: 1_500,
    });
    expect(await announce(modest.address, { uid: 'uid-mine' })).toBe(204);
    for (const socket of sockets) socket.destroy();
    await waitFor(async () => (await announce(greedy.address, { uid: 'uid-mine' })) === 409, {
      describe: 'its connections to be forgotten',
      timeoutMs: 1_500,
    });
  });
});

it('is not open without the key, or for loopback addresses where pods have none', async () => {
  const keyless = await startFixture();
  expect(keyless.gateway.announcePort).toBeUndefined();
  await keyless.stop();
  const everywhere = await startFixture({ ...withRedis(redis.url), CATNAP_ANNOUNCE_HOST: '0.0.0.0' });
  try {
    everywhere.tellPod('hello', { name: 'mine' }, { ready: false });
    const socket = dial('127.0.0.1', everywhere.gateway.announcePort);
    socket.write(`${text('POST /announce HTTP/1.1', { uid: 'uid-mine' })}\r\n`);
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 403 /);
  } finally {
    await everywhere.stop();
  }
});
