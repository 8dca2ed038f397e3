import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Runtime, runToExit, startRuntime, useRuntime } from './runtime.ts';

useRuntime();

const messages = (runtime: Runtime) => runtime.logs().map(({ msg }) => msg);
const logged = (runtime: Runtime, msg: string) =>
  waitFor(() => messages(runtime).includes(msg), {
    describe: `the log line ${msg}`,
    timeoutMs: 5_000,
    intervalMs: 10,
  });

const gate = `
let open;
const opened = new Promise((resolve) => { open = resolve; });
export const handler = async (event) => {
  if (event.path === '/open') { open(); return 'opened'; }
  console.log('waiting');
  await opened;
  return 'done';
};`;

describe('concurrency', () => {
  it('is a hard limit, a refusal comes before the body is read, and answers tell how many calls run', async () => {
    const content = `
      let release; const released = new Promise((r) => { release = r; });
      setTimeout(() => release(), 1500);
      export const handler = async () => { console.log('waiting'); await released; return 'done'; };`;
    const runtime = await startRuntime({ files: { 'index.mjs': content }, env: { CATNAP_CONCURRENCY: '2' } });
    const running = [fetch(runtime.url), fetch(runtime.url)];
    await waitFor(() => messages(runtime).filter((msg) => msg === 'waiting').length === 2, {
      describe: 'both calls to run',
      timeoutMs: 1_000,
      intervalMs: 5,
    });
    const refused = await announceBody(runtime.port);
    expect(refused).toMatch(/^HTTP\/1.1 503 /);
    expect(refused).toMatch(/\r\nx-catnap-rejected: concurrency\r\n/i);
    expect(refused).toContain('"type":"https://catnap.dev/problems/unavailable"');
    const answers = await Promise.all(running);
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['done', 'done']);
    expect(answers.map(({ headers }) => headers.get('x-catnap-running'))).toEqual(['2', '2']);
    expect((await fetch(runtime.url)).status).toBe(200);
  });

  it('asks for a body only when the call is admitted', async () => {
    const content = 'export const handler = (event) => event.text();';
    const { port } = await startRuntime({ files: { 'index.mjs': content } });
    const head =
      'POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\nconnection: close\r\n\r\n';
    const answer = await talk(port, head, (text, socket) => {
      if (text.endsWith('100 Continue\r\n\r\n')) socket.write('ok');
    });
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
    expect(answer).toMatch(/ok$/);
  });
});

/** Sends a head that announces a body, never the body. Resolves with the answer. */
function announceBody(port: number): Promise<string> {
  const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n';
  return talk(port, head, (text, socket) => {
    if (text.includes('}')) socket.end();
  });
}

type Listener = (text: string, socket: ReturnType<typeof connect>) => void;

function talk(port: number, head: string, onText: Listener): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(head));
    socket.setEncoding('utf8').on('error', reject);
    socket.on('close', () => resolve(text));
    socket.on('data', (chunk) => {
      text += chunk;
      onText(text, socket);
    });
  });
}

describe('a call beyond timeoutSeconds', () => {
  const env = { CATNAP_TIMEOUT_SECONDS: '1', CATNAP_CONCURRENCY: '2' };

  it('gets 504 and its signal aborts', async () => {
    const content = `export const handler = (event, { signal }) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => { console.log('aborted ' + signal.reason.name); reject(signal.reason); });
    });`;
    const runtime = await startRuntime({ files: { 'index.mjs': content }, env });
    const started = performance.now();
    const response = await fetch(runtime.url, { headers: { 'x-request-id': 'id-3' } });
    expect(performance.now() - started).toBeGreaterThan(950);
    expect(response.status).toBe(504);
    expect(response.headers.get('x-catnap-error')).toBe('CallTimeout');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: 'https://catnap.dev/problems/call-timeout',
      title: 'The call took too long',
      status: 504,
      detail: 'The function did not answer within 1 s.',
      instance: 'id-3',
    });
    await logged(runtime, 'aborted TimeoutError');
    expect(runtime.logs().at(-1)?.requestId).toBe('id-3');
    expect(messages(runtime)).not.toContain('the handler failed');
  });

  it('keeps its place until its handler settles', async () => {
    const content = `export const handler = (event) => event.path === '/quick' ? 'quick'
      : new Promise((resolve) => setTimeout(() => { console.log('settled'); resolve('late'); }, 2000));`;
    const runtime = await startRuntime({
      files: { 'index.mjs': content },
      env: { ...env, CATNAP_CONCURRENCY: '1' },
    });
    expect((await fetch(runtime.url)).status).toBe(504);
    expect((await fetch(`${runtime.url}/quick`)).status).toBe(503);
    await logged(runtime, 'settled');
    expect((await fetch(`${runtime.url}/quick`)).status).toBe(200);
  });

  it('is cut off when its answer had begun', async () => {
    const content = `export async function* handler() { yield 'begin'; await new Promise((r) => setTimeout(r, 3000)); yield 'end'; }`;
    const { url } = await startRuntime({ files: { 'index.mjs': content }, env });
    const response = await fetch(url);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('ends the process when it blocks the event loop', async () => {
    const content = 'console.log("before");\nexport const handler = () => {\n  for (;;) ;\n};\n';
    const runtime = await startRuntime({ files: { 'index.mjs': content }, env });
    const started = performance.now();
    await expect(fetch(runtime.url)).rejects.toThrow('fetch failed');
    expect(await runtime.exited).toEqual({ code: 124, signal: null });
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(1_400);
    expect(took).toBeLessThan(4_000);
    expect(runtime.termination()).toEqual({
      reason: 'Blocked',
      message: 'a call blocked the event loop beyond its timeout of 1 s',
      file: 'index.mjs',
      line: 3,
    });
    expect(runtime.logs().at(-1)).toMatchObject({
      msg: 'the event loop is blocked, exiting',
      function: 'tests/probe',
    });
  });

  it('ends the process whatever the function calls process', async () => {
    const content = `export const handler = (process) => { for (;;) void process; };`;
    const runtime = await startRuntime({ files: { 'index.mjs': content }, env });
    await expect(fetch(runtime.url)).rejects.toThrow('fetch failed');
    expect(await runtime.exited).toEqual({ code: 124, signal: null });
  });

  it('ends the process also when it blocks after its 504', async () => {
    const content = `export const handler = async () => { await new Promise((r) => setTimeout(r, 1500)); for (;;) ; };`;
    const runtime = await startRuntime({ files: { 'index.mjs': content }, env });
    expect((await fetch(runtime.url)).status).toBe(504);
    expect((await runtime.exited).code).toBe(124);
  });

  it('ends the process when what it left behind blocks while no call runs', async () => {
    const content = `export const handler = () => { setTimeout(() => { for (;;) ; }, 1500); return 'ok'; };`;
    const runtime = await startRuntime({ files: { 'index.mjs': content }, env });
    expect(await (await fetch(runtime.url)).text()).toBe('ok');
    expect((await runtime.exited).code).toBe(124);
    expect(runtime.termination()).toMatchObject({ reason: 'Blocked', line: 1 });
  }, 20_000);

  it('ends the process even inside a system call', async () => {
    const content = `import { execSync } from 'node:child_process';
      export const handler = () => execSync('sleep 5');`;
    const runtime = await startRuntime({ files: { 'index.mjs': content }, env });
    await expect(fetch(runtime.url)).rejects.toThrow('fetch failed');
    expect(await runtime.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(runtime.termination()).toMatchObject({ reason: 'Blocked' });
  });

  it('may keep the processor busy within its time', async () => {
    const content = `export const handler = () => { const end = Date.now() + 1800; while (Date.now() < end) ; return 'done'; };`;
    const runtime = await startRuntime({
      files: { 'index.mjs': content },
      env: { CATNAP_TIMEOUT_SECONDS: '3' },
    });
    expect(await (await fetch(runtime.url)).text()).toBe('done');
    expect(await (await fetch(runtime.url)).text()).toBe('done');
  });

  it('ends the process when such calls hold every place', async () => {
    const content = 'export const handler = () => new Promise(() => {});';
    const runtime = await startRuntime({ files: { 'index.mjs': content }, env });
    expect((await Promise.all([fetch(runtime.url), fetch(runtime.url)])).map(({ status }) => status)).toEqual(
      [504, 504],
    );
    expect((await runtime.exited).code).toBe(124);
    expect(runtime.termination()).toMatchObject({
      reason: 'Blocked',
      message: '2 calls, as many as may run, ignored their timeout of 1 s; use context.signal',
    });
  }, 15_000);
});

describe('a handler that throws', () => {
  const content = `
    class Odd extends Error {}
    const cases = {
      sync: () => { throw new Error('secret detail', { cause: new Error('the cause') }); },
      async: async () => { throw new Odd('secret detail'); },
      text: () => { throw 'secret detail'; },
      stream: async function* () { yield 'begin'; await new Promise((r) => setTimeout(r, 100)); throw new Error('secret detail'); },
      early: async function* () { throw new Error('secret detail'); },
      cyclic: () => { const a = {}; a.a = a; return a; },
      json: (event) => event.json(),
      large: (event) => event.text({ maxBytes: 3 }),
    };
    export const handler = (event) => cases[event.path.slice(1)](event);`;

  it.each(['sync', 'async', 'text', 'early', 'cyclic'])('gets 500 without internals (%s)', async (name) => {
    const runtime = await startRuntime({ files: { 'index.mjs': content } });
    const response = await fetch(`${runtime.url}/${name}`, { headers: { 'x-request-id': 'id-4' } });
    expect(response.status).toBe(500);
    expect(response.headers.get('x-catnap-error')).toBe('HandlerError');
    expect(await response.json()).toEqual({
      type: 'https://catnap.dev/problems/handler-error',
      title: 'The function failed',
      status: 500,
      detail: 'The function threw an error; its log has it under id-4.',
      instance: 'id-4',
    });
    await logged(runtime, 'the handler failed');
    const line = runtime.logs().find(({ msg }) => msg === 'the handler failed');
    expect(line).toMatchObject({ level: 'error', requestId: 'id-4', function: 'tests/probe' });
    expect(line?.error).toContain(name === 'cyclic' ? 'circular' : 'secret detail');
    if (name === 'sync') expect(line?.error).toMatch(/index\.mjs:4:.*caused by Error: the cause/s);
  });

  it('breaks the connection when the answer had begun', async () => {
    const { url } = await startRuntime({ files: { 'index.mjs': content } });
    const response = await fetch(`${url}/stream`);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('blames the caller for a body that it cannot read', async () => {
    const { url } = await startRuntime({ files: { 'index.mjs': content } });
    const bad = await fetch(`${url}/json`, { method: 'POST', body: '{' });
    expect([bad.status, bad.headers.get('x-catnap-error')]).toEqual([400, 'BadRequest']);
    const large = await fetch(`${url}/large`, { method: 'POST', body: 'four' });
    expect([large.status, large.headers.get('x-catnap-error')]).toEqual([413, 'PayloadTooLarge']);
  });
});

describe('an error that nobody catches', () => {
  it.each([
    [
      'thrown in a timer',
      'setTimeout(() => { throw new Error("boom"); }, 10)',
      'uncaught exception, exiting',
    ],
    ['a rejection', 'void Promise.reject(new Error("boom"))', 'unhandled rejection, exiting'],
  ])('%s: its call gets 500, others finish, the process exits 1', async (_, statement, msg) => {
    const content = `
      let release; const released = new Promise((r) => { release = r; });
      export const handler = async (event) => {
        if (event.path === '/other') { console.log('waiting'); await released; return 'done'; }
        setTimeout(release, 300);
        ${statement};
        return new Promise(() => {});
      };`;
    const runtime = await startRuntime({ files: { 'index.mjs': content } });
    const other = fetch(`${runtime.url}/other`);
    await logged(runtime, 'waiting');
    const culprit = await fetch(`${runtime.url}/culprit`, { headers: { 'x-request-id': 'id-5' } });
    expect(culprit.status).toBe(500);
    expect(await (await other).text()).toBe('done');
    expect(await runtime.exited).toEqual({ code: 1, signal: null });
    expect(runtime.logs().find((line) => line.msg === msg)).toMatchObject({
      requestId: 'id-5',
      error: expect.stringContaining('Error: boom\n'),
    });
  });
});

it('aborts the signal when the caller goes away', async () => {
  const content = `export const handler = (event, { signal }) => new Promise((resolve) => {
    console.log('waiting');
    signal.addEventListener('abort', () => { console.log(signal.reason.name); resolve(); });
  });`;
  const runtime = await startRuntime({ files: { 'index.mjs': content }, env: { CATNAP_CONCURRENCY: '1' } });
  const controller = new AbortController();
  const call = fetch(runtime.url, { signal: controller.signal });
  await logged(runtime, 'waiting');
  controller.abort();
  await expect(call).rejects.toThrow();
  await logged(runtime, 'AbortError');
  const next = fetch(runtime.url, { signal: AbortSignal.timeout(500) });
  await expect(next).rejects.toThrow();
  await waitFor(() => messages(runtime).filter((msg) => msg === 'waiting').length === 2, {
    describe: 'the place to be free again',
    timeoutMs: 2_000,
  });
});

it('refuses to start on a port that is taken', async () => {
  const files = { 'index.mjs': gate };
  const first = await startRuntime({ files });
  const second = await runToExit({ files, env: { PORT: String(first.port) } });
  expect(second.exit.code).toBe(1);
  expect(second.stderr() + second.stdout()).toContain('EADDRINUSE');
});

it('runs from source as well, watchdog included', async () => {
  const content = 'export const handler = (event) => { while (event.path === "/block") ; return "ok"; };';
  const env = { CATNAP_TIMEOUT_SECONDS: '1' };
  const runtime = await startRuntime({ files: { 'index.mjs': content }, env, fromSource: true });
  expect(await (await fetch(runtime.url)).text()).toBe('ok');
  await expect(fetch(`${runtime.url}/block`)).rejects.toThrow('fetch failed');
  expect((await runtime.exited).code).toBe(124);
});
