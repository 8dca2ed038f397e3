import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, raw, startFixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture({ CATNAP_MAX_BODY_BYTES: '100000' });
});
afterEach(() => fixture.stop());

describe('what is not proper HTTP', () => {
  it.each([
    ['garbage', 'hello there\r\n\r\n', 400],
    ['no host', 'GET /fn/shop/x HTTP/1.1\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', 400],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a space before the colon', 'GET / HTTP/1.1\r\nhost : x\r\n\r\n', 400],
    ['a bare line feed in a value', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: 1\nx-b: 2\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: 1\r\n 2\r\n\r\n', 400],
    ['a negative length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 400],
    ['too long headers', `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a too long target', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
  ])('%s is refused and the connection closed', async (_, bytes, status) => {
    expect(await raw(fixture.port, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('does not reach the next request: no smuggling by chunk extensions or lengths', async () => {
    const path = fixture.addFunction('target');
    const pod = await fixture.addPod('target', (incoming, response) => {
      incoming.resume().on('end', () => response.end(incoming.url));
    });
    const smuggled = `POST ${path}/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET ${path}/b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
    const answer = await raw(fixture.port, smuggled);
    // Two proper requests in a row are two calls, each with its own answer.
    expect(answer.match(/HTTP\/1.1 200/g)).toHaveLength(2);
    expect(pod.served()).toBe(2);
  });
});

describe('a body that is too large', () => {
  it('is refused by its announced length', async () => {
    const path = fixture.addFunction('small');
    const pod = await fixture.addPod('small', (_, response) => response.end());
    const answer = await raw(
      fixture.port,
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100001\r\n\r\nabc`,
      (socket) => socket.end(),
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('https://catnap.dev/problems/payload-too-large');
    expect(pod.served()).toBe(0);
  });

  it('is refused when it turns out so', async () => {
    const path = fixture.addFunction('small');
    await fixture.addPod(
      'small',
      (incoming, response) => void incoming.resume().on('end', () => response.end()),
    );
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const answer = await raw(
      fixture.port,
      `POST ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(7)}`,
      (socket) => socket.end(),
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });

  it('of just the allowed size passes', async () => {
    const path = fixture.addFunction('small');
    await fixture.addPod(
      'small',
      (incoming, response) => void incoming.resume().on('end', () => response.end('ok')),
    );
    expect(await fixture.call(path, { method: 'POST', body: 'x'.repeat(100_000) })).toMatchObject({
      status: 200,
    });
  });
});

it('closes connections whose headers do not arrive', async () => {
  const started = performance.now();
  const answers = await Promise.all([
    raw(fixture.port, ''),
    raw(fixture.port, 'GET / HTTP/1.1\r\nhost: x\r\nx-slow'),
  ]);
  for (const answer of answers) expect(answer).toMatch(/^(HTTP\/1.1 408 |$)/);
  expect(performance.now() - started).toBeLessThan(25_000);
});

it('serves calls beside 10,000 idle connections, and closes idle ones when there are too many', async () => {
  const path = fixture.addFunction('hello');
  await fixture.addPod('hello', (_, response) => response.end('ok'));
  const before = process.memoryUsage().rss;
  const idle = await idleConnections(fixture.port, path, 10_000);
  try {
    const perConnection = (process.memoryUsage().rss - before) / 10_000;
    expect(perConnection).toBeLessThan(30_000);
    expect((await fixture.call(path)).status).toBe(200);
  } finally {
    await idle.close();
  }
}, 60_000);

it('makes room for new connections by closing idle ones', async () => {
  const crowded = await startFixture({ CATNAP_MAX_CONNECTIONS: '50' });
  const path = crowded.addFunction('hello');
  await crowded.addPod('hello', (_, response) => response.end('ok'));
  const idle = await idleConnections(crowded.port, path, 200);
  try {
    expect((await crowded.call(path)).status).toBe(200);
  } finally {
    await idle.close();
    await crowded.stop();
  }
});

it('passes a huge number of headers on or refuses them, but lives', async () => {
  const path = fixture.addFunction('hello');
  await fixture.addPod('hello', (_, response) => response.end('ok'));
  const many = Array.from({ length: 1_000 }, (_, i) => `a${i}: 1\r\n`).join('');
  expect(
    await raw(fixture.port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${many}\r\n`),
  ).toMatch(/^HTTP\/1.1 (200|431) /);
  const socket = connect(fixture.port, '127.0.0.1');
  socket.resetAndDestroy();
  await waitFor(async () => (await fixture.call(path)).status === 200, {
    timeoutMs: 2_000,
    describe: 'a call',
  });
});

/** Connections that each made one call and stay open, held by another process for its own file limit. */
async function idleConnections(
  port: number,
  path: string,
  count: number,
): Promise<{ close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-idle-'));
  const script = join(directory, 'idle.mjs');
  await writeFile(
    script,
    `import { connect } from 'node:net';
    const [port, path, count] = process.argv.slice(2);
    let open = 0, next = 0;
    const one = () => {
      if (next++ >= count) return;
      const socket = connect(port, '127.0.0.1', () => socket.write('GET ' + path + ' HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n'));
      socket.on('error', () => {});
      let done = false;
      const settle = () => { if (done) return; done = true; if (++open === Number(count)) process.send('open'); else one(); };
      socket.once('data', settle);
      socket.once('close', settle);
    };
    for (let i = 0; i < 100; i++) one();
    process.on('disconnect', () => process.exit());`,
  );
  const child = fork(script, [String(port), path, String(count)]);
  await once(child, 'message');
  return {
    async close() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
