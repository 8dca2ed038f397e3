/** Pods that run no function until a gateway claims them. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MAX_LAUNCH_SPEC_BYTES } from '#crds/wire/launch-spec.ts';
import { CLAIM_PORT } from '#crds/wire/names.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { useRuntime } from './runtime.ts';
import { makePlace, runWarmToExit, signatureOf, specOf, startWarm, type WarmPod } from './warm-pod.ts';

useRuntime();

const hello = { 'index.mjs': "export const handler = () => 'hi';" };
const taken = { status: 200, body: { loadMs: expect.any(Number) } };
const text = async (url: string) => (await fetch(url)).text();

const logged = (pod: WarmPod, msg: string, fields = {}) =>
  waitFor(
    () => pod.logs().some((line) => line.msg === msg && isDeepStrictEqual({ ...line, ...fields }, line)),
    {
      describe: msg,
      timeoutMs: 5_000,
    },
  );

describe('a claim', () => {
  it('makes the pod the function: files of all kinds, environment, working directory', async () => {
    const pod = await startWarm();
    const bytes = Buffer.from([0, 255, 128, 10]);
    const files = {
      'index.mjs': `
        import { readFileSync, statSync, writeFileSync } from 'node:fs';
        import { word } from './lib/deep/word.cjs';
        export const handler = () => {
          let refused;
          try { writeFileSync('index.mjs', ''); } catch (error) { refused = error.code; }
          return {
            word, cwd: process.cwd(), dir: process.env.CATNAP_FUNCTION_DIR, who: process.env.WHO,
            data: [...readFileSync('data/a.bin')], mode: (statSync('index.mjs').mode & 0o777).toString(8),
          };
        };`,
      'lib/deep/word.cjs': "exports.word = 'grüße';",
    };
    const binaryFiles = { 'data/a.bin': bytes.toString('base64') };
    expect(await pod.claim(specOf(files, { binaryFiles, env: { WHO: 'you' } }))).toEqual(taken);
    const directory = `${pod.place.launchDir}/function`;
    expect(await (await fetch(pod.url)).json()).toEqual({
      word: 'grüße',
      cwd: directory,
      dir: directory,
      who: 'you',
      data: [...bytes],
      mode: '444',
    });
  });

  it.each([
    ['CommonJS', { 'index.cjs': "exports.handler = () => 'hi';" }],
    ['TypeScript', { 'index.ts': "export const handler = (): string => 'hi';" }],
    ['an ES module in .js', { 'index.js': "export const handler = () => 'hi';" }],
    ['fetch', { 'index.mjs': "export const handler = { fetch: () => new Response('hi') };" }],
  ])('takes code of every kind: %s', async (_, files) => {
    const pod = await startWarm();
    expect(await pod.claim(specOf(files as Record<string, string>))).toEqual(taken);
    expect(await text(pod.url)).toBe('hi');
  });

  it('is answered as before when it comes again; another function or revision gets 409', async () => {
    const pod = await startWarm();
    const first = await pod.claim(specOf(hello));
    expect(first).toEqual(taken);
    const late = { status: 200, body: { ...(first.body as object), again: true } };
    expect(await pod.claim(specOf(hello))).toEqual(late);
    expect(await pod.claim(specOf(hello))).toEqual(late);
    expect(await pod.claim(specOf(hello, { function: 'tests/other' }))).toEqual({ status: 409 });
    expect(await pod.claim(specOf(hello, { revision: 'r2' }))).toEqual({ status: 409 });
    expect(await text(pod.url)).toBe('hi');
  });

  it('that comes while the function loads waits with the first, or loses to it', async () => {
    const pod = await startWarm();
    const slow = {
      'index.mjs': `await new Promise((r) => setTimeout(r, 300)); export const handler = () => 'hi';`,
    };
    const names = ['tests/a', 'tests/b', 'tests/c', 'tests/a', 'tests/b', 'tests/c'];
    const answers = await Promise.all(names.map((name) => pod.claim(specOf(slow, { function: name }))));
    const [first, second, ...more] = answers.filter(({ status }) => status === 200);
    expect(first).toEqual(taken);
    expect(second).toEqual(first);
    expect(more).toEqual([]);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(4);
    expect(new Set(names.filter((_, i) => answers[i]?.status === 200)).size).toBe(1);
  });

  it('is refused unless it is signed for this pod and this body by who has the key', async () => {
    const pod = await startWarm();
    const spec = specOf(hello);
    const body = JSON.stringify(spec);
    const other = JSON.stringify(specOf({ ...hello, 'a.mjs': '' }));
    const refused = { status: 401 };
    expect(await pod.send(body)).toEqual(refused);
    expect(await pod.send(body, { signature: '' })).toEqual(refused);
    expect(await pod.send(body, { signature: 'A'.repeat(86) })).toEqual(refused);
    expect(await pod.claim(spec, { podUid: 'uid-of-another' })).toEqual(refused);
    expect(await pod.claim(spec, { body: other })).toEqual(refused);
    expect(await pod.claim(spec, { encryptionKey: Buffer.alloc(32, 8) })).toEqual(refused);
    const isKept = (name: string) => name !== 'rehearsal';
    expect(readdirSync(pod.place.launchDir).filter(isKept)).toEqual([]);
    expect(await pod.claim(spec)).toEqual(taken);
  });

  it('must be a launch spec of bounded size; nothing else is served on its port', async () => {
    const pod = await startWarm();
    const signed = (body: string) => pod.send(body, { signature: signatureOf(body) });
    expect(await signed('{')).toEqual({ status: 400 });
    expect(await signed(JSON.stringify(specOf({ '../index.mjs': '' })))).toEqual({ status: 400 });
    await logged(pod, 'refused a claim that is not a launch spec', { error: '"../index.mjs" is no path' });
    expect(await signed('x'.repeat(MAX_LAUNCH_SPEC_BYTES + 1))).toEqual({ status: 413 });
    expect(await signed('x'.repeat(MAX_LAUNCH_SPEC_BYTES))).toEqual({ status: 400 });
    expect(await pod.send('', { method: 'GET' })).toEqual({ status: 405 });
    expect(await pod.send('', { path: '/' })).toEqual({ status: 404 });
    expect(await pod.claim(specOf(hello))).toEqual(taken);
  });

  it('may be as large as a launch spec can be', async () => {
    const pod = await startWarm();
    const filler = 'x'.repeat(MAX_LAUNCH_SPEC_BYTES - 1_000);
    expect(await pod.claim(specOf({ ...hello, 'filler.txt': filler }))).toEqual(taken);
  });
});

it.each([
  ['says nothing', ''],
  ['stops within its headers', 'POST /claim HTTP/1.1\r\n'],
  ['has longer headers than a claim', `POST /claim HTTP/1.1\r\nx: ${'x'.repeat(5_000)}\r\n\r\n`],
])('a connection that %s is closed', async (_, head) => {
  const pod = await startWarm();
  const socket = connect(CLAIM_PORT, pod.place.host).resume();
  socket.write(head);
  await once(socket, 'close', { signal: AbortSignal.timeout(6_000) });
  expect(await pod.claim(specOf(hello))).toEqual(taken);
});

describe('the function', () => {
  it('finds the environment of its own container and nothing of the pool', async () => {
    const files = { 'index.mjs': 'export const handler = () => process.env;' };
    const pod = await startWarm({ env: { CATNAP_ANNOUNCE_TOKEN: 'of-the-pool', FROM_IMAGE: 'yes' } });
    const env = { A: 'a', HOST: '0.0.0.0', CATNAP_ANNOUNCE_TOKEN: 'of-the-function' };
    await pod.claim(specOf(files, { env }));
    expect(await (await fetch(pod.url)).json()).toEqual({
      A: 'a',
      FROM_IMAGE: 'yes',
      HOST: pod.place.host,
      PORT: '8080',
      TMPDIR: expect.any(String),
      CATNAP_TERMINATION_LOG: expect.any(String),
      CATNAP_POD_UID: expect.any(String),
      CATNAP_FUNCTION_DIR: `${pod.place.launchDir}/function`,
      CATNAP_HANDLER: 'index.handler',
      CATNAP_FUNCTION_NAME: 'probe',
      CATNAP_FUNCTION_NAMESPACE: 'tests',
      CATNAP_REVISION: 'r1',
    });
  });

  it('is the only one that the log tells of', async () => {
    const pod = await startWarm();
    await pod.claim(specOf({ 'index.mjs': "export const handler = () => void console.log('called');" }));
    await fetch(pod.url);
    await logged(pod, 'called');
    expect(pod.logs().map(({ msg, function: key }) => [key, msg])).toEqual([
      ['tests/~small', 'waiting for a claim'],
      ['tests/probe', 'listening'],
      ['tests/probe', 'called'],
    ]);
    expect(pod.stderr()).toBe('');
  });

  it('is bound to its timeout', async () => {
    const pod = await startWarm();
    const files = { 'index.mjs': 'export const handler = () => new Promise(() => {});' };
    await pod.claim(specOf(files, { env: { CATNAP_TIMEOUT_SECONDS: '1' } }));
    expect((await fetch(pod.url)).status).toBe(504);
  });

  it('ends when its first call blocks the event loop', async () => {
    const pod = await startWarm();
    const files = { 'index.mjs': 'export const handler = () => {\n  for (;;) ;\n};\n' };
    await pod.claim(specOf(files, { env: { CATNAP_TIMEOUT_SECONDS: '1' } }));
    await expect(fetch(pod.url)).rejects.toThrow('fetch failed');
    expect(await pod.exited).toEqual({ code: 124, signal: null });
    expect(pod.termination()).toMatchObject({ reason: 'Blocked', file: 'index.mjs', line: 2 });
    expect(pod.logs().at(-1)?.function).toBe('tests/probe');
  });
});

describe('SIGTERM', () => {
  it('ends a pod that nobody has claimed at once', async () => {
    const pod = await startWarm();
    const started = performance.now();
    pod.kill('SIGTERM');
    expect(await pod.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(900);
  });

  it('lets a function finish its calls, and claims are refused meanwhile', async () => {
    const pod = await startWarm();
    const files = {
      'index.mjs': `export const handler = async () => {
        console.log('waiting');
        await new Promise((r) => setTimeout(r, 1500));
        return 'done';
      };`,
    };
    await pod.claim(specOf(files));
    const call = text(pod.url);
    await logged(pod, 'waiting');
    pod.kill('SIGTERM');
    await logged(pod, 'draining');
    expect(await pod.claim(specOf(files))).toEqual({ status: 503 });
    expect(await call).toBe('done');
    expect(await pod.exited).toEqual({ code: 0, signal: null });
  });

  it('waits for a claim that is under way', async () => {
    const pod = await startWarm();
    const files = {
      'index.mjs': `console.log('loading');
        await new Promise((r) => setTimeout(r, 500));
        export const handler = () => 'hi';`,
    };
    const claim = pod.claim(specOf(files));
    await logged(pod, 'loading');
    pod.kill('SIGTERM');
    expect(await claim).toEqual(taken);
    expect(await text(pod.url)).toBe('hi');
    expect(await pod.exited).toEqual({ code: 0, signal: null });
  });
});

it('ends what it does before the claim with the claim, and leaves nothing of it behind', async () => {
  const pod = await startWarm();
  expect(await pod.claim(specOf(hello))).toEqual(taken);
  expect(readdirSync(pod.place.launchDir)).not.toContain('rehearsal');
  expect(await text(pod.url)).toBe('hi');
});

it('says what is wrong with its own environment', async () => {
  const place = { ...makePlace(), launchDir: '/nowhere' };
  const env = { CATNAP_POOL: '', CATNAP_CLAIM_KEY: 'short' };
  const runtime = await runWarmToExit({ place, env });
  expect(runtime.exit.code).toBe(1);
  expect(runtime.logs()).toMatchObject([
    { error: expect.stringMatching(/^CATNAP_POOL is not set; CATNAP_CLAIM_KEY must be the 32 bytes/) },
  ]);
  const noDirectory = await runWarmToExit({ place });
  expect(noDirectory.logs()).toMatchObject([{ error: expect.stringContaining("'/nowhere'") }]);
});

it('runs from source as well', async () => {
  const pod = await startWarm({ fromSource: true });
  expect(await pod.claim(specOf(hello))).toEqual(taken);
  expect(await text(pod.url)).toBe('hi');
});
