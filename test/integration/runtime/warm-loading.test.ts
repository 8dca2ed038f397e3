/** Warm pods whose function does not load, or whose container has to start again; and what gateways hear of them. */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { makeTarGz, sha256 } from './make-archive.ts';
import { useRuntime } from './runtime.ts';
import { POD_UID, POOL, runWarmToExit, specOf, startWarm, type WarmPod } from './warm-pod.ts';

useRuntime();

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const taken = { status: 200, body: { loadMs: expect.any(Number) } };
const text = async (url: string) => (await fetch(url)).text();
/** A container of the same pod, after the first has ended. */
const restart = ({ place }: WarmPod, env = {}) => startWarm({ place, env }, 'listening');

interface Failure {
  message: string;
  file?: string;
  line?: number;
}

describe('code that does not load', () => {
  it.each<[string, string, Failure]>([
    ['an error', '\nthrow new Error("boom");', { message: 'Error: boom', file: 'index.mjs', line: 2 }],
    [
      'wrong syntax',
      'const a = 1;\na +;\n',
      { message: "SyntaxError: Unexpected token ';'", file: 'index.mjs', line: 2 },
    ],
    ['process.exit', 'process.exit(0);', { message: 'called process.exit(0) while loading' }],
    [
      'an await that waits for nothing',
      'await new Promise(() => {});',
      { message: 'never finishes loading: a top-level await waits for nothing' },
    ],
    [
      'an error that nobody catches',
      'setTimeout(() => { throw new Error("late"); });\nawait new Promise((r) => setTimeout(r, 5000));',
      { message: 'uncaught while loading: Error: late', file: 'index.mjs', line: 1 },
    ],
  ])(
    '%s: the claimer is told, then the process ends; the next container ends the same way',
    async (_, code, failure) => {
      const pod = await startWarm();
      const message = { reason: 'LoadFailed', ...failure };
      expect(await pod.claim(specOf({ 'index.mjs': code }))).toEqual({ status: 422, body: message });
      expect(await pod.exited).toEqual({ code: 78, signal: null });
      expect(pod.termination()).toEqual(message);
      expect(pod.logs().at(-1)).toMatchObject({ msg: 'the code does not load', function: 'tests/probe' });
      const again = await runWarmToExit({ place: pod.place });
      expect(again.exit).toEqual({ code: 78, signal: null });
      expect(again.termination()).toEqual(message);
    },
  );

  it('settings that are wrong count as such', async () => {
    const pod = await startWarm();
    const spec = specOf({ 'index.mjs': '' }, { env: { CATNAP_CONCURRENCY: '0' } });
    const message = 'CATNAP_CONCURRENCY is "0"; it must be an integer from 1 to 1000';
    expect(await pod.claim(spec)).toEqual({ status: 422, body: { reason: 'LoadFailed', message } });
    expect((await pod.exited).code).toBe(78);
  });

  it('is told to everyone who waits, in no more than a termination message holds', async () => {
    const pod = await startWarm();
    const code = 'await new Promise((r) => setTimeout(r, 200));\nthrow new Error("ü".repeat(9000));';
    const spec = specOf({ 'index.mjs': code });
    const answers = await Promise.all([pod.claim(spec), pod.claim(spec), pod.claim(spec)]);
    await pod.exited;
    const message = pod.termination();
    expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(4096);
    expect(answers).toEqual(Array(3).fill({ status: 422, body: message }));
  });
});

it('a container that starts again is the same function, on both ports', async () => {
  const pod = await startWarm();
  const files = {
    'index.mjs': `
      import { word } from './lib/word.mjs';
      export const handler = ({ path }) => {
        if (path === '/crash') setTimeout(() => { throw new Error('boom'); });
        return process.env.WHO + word;
      };`,
    'lib/word.mjs': "export const word = '!';",
  };
  const spec = specOf(files, { env: { WHO: 'you' } });
  await pod.claim(spec);
  expect(await text(`${pod.url}/crash`)).toBe('you!');
  expect((await pod.exited).code).toBe(1);
  // What the function did to its files does not outlive the container either.
  writeFileSync(join(pod.place.launchDir, 'function', 'more.mjs'), '');
  const again = await restart(pod);
  expect(await text(again.url)).toBe('you!');
  expect(readdirSync(join(pod.place.launchDir, 'function')).sort()).toEqual(['index.mjs', 'lib']);
  expect(await again.claim(spec)).toEqual({ status: 200, body: { ...taken.body, again: true } });
  expect(await again.claim({ ...spec, revision: 'r2' })).toEqual({ status: 409 });
  again.kill('SIGTERM');
  expect((await again.exited).code).toBe(0);
});

it('a container that finds something else in place of its launch spec does not become a pod without owner', async () => {
  const pod = await startWarm();
  await pod.claim(specOf({ 'index.mjs': 'export const handler = () => 1;' }));
  pod.kill('SIGKILL');
  await pod.exited;
  appendFileSync(join(pod.place.launchDir, 'launch.json'), 'x');
  const again = await runWarmToExit({ place: pod.place });
  expect(again.exit.code).toBe(78);
  expect(again.termination()).toEqual({
    reason: 'LoadFailed',
    message: 'the launch spec that was kept: it is not JSON',
  });
});

it('a pod that cannot take a port says so to the claimer, and tries again as the function', async () => {
  const pod = await startWarm();
  const blocker = createServer();
  await new Promise<void>((resolve) =>
    blocker.listen(Number(new URL(pod.url).port), pod.place.host, resolve),
  );
  const spec = specOf({ 'index.mjs': "export const handler = () => 'hi';" });
  expect(await pod.claim(spec)).toEqual({ status: 503 });
  expect((await pod.exited).code).toBe(1);
  await new Promise((resolve) => blocker.close(resolve));
  const again = await restart(pod);
  expect(await text(again.url)).toBe('hi');
});

it('an archive is fetched by the pod', async () => {
  const bytes = makeTarGz([
    { path: 'src/index.mjs', content: 'export const handler = () => process.env.WHO;' },
  ]);
  const url = await serve((_, response) => response.end(bytes));
  const env = {
    WHO: 'you',
    CATNAP_HANDLER: 'src/index.handler',
    CATNAP_ARCHIVE_URL: `${url}/code.tar.gz`,
    CATNAP_ARCHIVE_SHA256: sha256(bytes),
  };
  const pod = await startWarm();
  expect(await pod.claim(specOf({}, { env, files: undefined }))).toEqual(taken);
  expect(await text(pod.url)).toBe('you');
  expect(readdirSync(pod.place.launchDir)).toEqual(['launch.json']);
  const lost = await startWarm();
  const wrong = { ...env, CATNAP_ARCHIVE_SHA256: 'ab'.repeat(32) };
  expect(await lost.claim(specOf({}, { env: wrong, files: undefined }))).toMatchObject({
    status: 422,
    body: { message: expect.stringContaining('its sha256 is') },
  });
});

describe('gateways hear', () => {
  it('of a pod of the pool first, of one of the function when its container starts again', async () => {
    const heard: IncomingHttpHeaders[] = [];
    const url = await serve(({ headers }, response) => {
      heard.push(headers);
      response.writeHead(204).end();
    });
    const announce = (token: string) => ({ CATNAP_ANNOUNCE_URL: url, CATNAP_ANNOUNCE_TOKEN: token });
    const said = (count: number) =>
      waitFor(() => heard.length === count, { describe: `${count} announcements`, timeoutMs: 3_000 });
    const announcement = (key: string, token: string) => ({
      'x-catnap-function': key,
      'x-catnap-pod-uid': POD_UID,
      'x-catnap-port': '8080',
      authorization: `Bearer ${token}`,
    });
    const pod = await startWarm({ env: announce('of-the-pool') });
    await said(1);
    expect(heard[0]).toMatchObject(announcement(POOL, 'of-the-pool'));
    const spec = specOf(
      { 'index.mjs': 'export const handler = () => 1;' },
      { env: announce('of-the-function') },
    );
    expect(await pod.claim(spec)).toEqual(taken);
    expect(await text(pod.url)).toBe('1');
    pod.kill('SIGKILL');
    await pod.exited;
    await restart(pod, announce('of-the-pool'));
    await said(2);
    expect(heard[1]).toMatchObject(announcement('tests/probe', 'of-the-function'));
  });
});

it('the launch spec, which holds secrets, is for nobody else to read', async () => {
  const pod = await startWarm();
  const files = {
    'index.mjs': `import { statSync } from 'node:fs';
      export const handler = () => (statSync('../launch.json').mode & 0o777).toString(8);`,
  };
  await pod.claim(specOf(files));
  expect(await text(pod.url)).toBe('600');
  expect(JSON.parse(readFileSync(join(pod.place.launchDir, 'launch.json'), 'utf8'))).toEqual(specOf(files));
});

async function serve(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(listener);
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
