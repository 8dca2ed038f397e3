/** Hosts, which many functions share, each in a thread of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLAIM_PATH, claimHeaders } from '#crds/wire/claim.ts';
import type { IsolateLimits } from '#crds/wire/launch-spec.ts';
import { CLAIM_PORT } from '#crds/wire/names.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { useRuntime } from './runtime.ts';
import { signatureOf, specOf, startWarm, type WarmPod } from './warm-pod.ts';

useRuntime();

const limits: IsolateLimits = { memoryMebibytes: 64, idleSeconds: 60 };

interface HostOptions {
  capacity?: number;
  memoryMebibytes?: number;
  fromSource?: boolean;
}

function startHost({
  capacity = 50,
  memoryMebibytes = 4_096,
  fromSource,
}: HostOptions = {}): Promise<WarmPod> {
  const env = {
    CATNAP_ISOLATES: String(capacity),
    CATNAP_ISOLATE_SPARES: '4',
    CATNAP_ISOLATE_MEMORY: String(memoryMebibytes),
  };
  return startWarm({ env, fromSource }, 'waiting for claims');
}

/** The launch spec of a function of this name. */
function isolateOf(name: string, code: string, change: Partial<IsolateLimits> & { revision?: string } = {}) {
  const { revision = 'r1', ...own } = change;
  return specOf(
    { 'index.mjs': code },
    {
      function: `tests/${name}`,
      revision,
      env: { CATNAP_FUNCTION_NAME: name, CATNAP_REVISION: revision, CATNAP_TIMEOUT_SECONDS: '1' },
      isolate: { ...limits, ...own },
    },
  );
}

const saying = (text: string) => `export const handler = () => ${JSON.stringify(text)};`;

async function claim(host: WarmPod, name: string, code: string, change = {}): Promise<number> {
  const answer = await host.claim(isolateOf(name, code, change));
  expect(answer).toEqual({
    status: 200,
    body: expect.objectContaining({ loadMs: expect.any(Number), port: expect.any(Number) }),
  });
  return (answer.body as { port: number }).port;
}

const urlOf = (host: WarmPod, port: number, path = '/') => `http://${host.place.host}:${port}${path}`;
const call = (host: WarmPod, port: number, name: string) =>
  fetch(urlOf(host, port), { headers: { 'x-catnap-function': `tests/${name}` } });
const textOf = async (host: WarmPod, port: number, name: string) => (await call(host, port, name)).text();

/** Resolves when nothing listens there any more. */
const gone = (host: WarmPod, port: number) =>
  waitFor(
    () =>
      fetch(urlOf(host, port)).then(
        () => false,
        () => true,
      ),
    { describe: `nothing on port ${port}`, timeoutMs: 8_000 },
  );

describe('a host', () => {
  it('runs several functions, each with files and an environment of its own', async () => {
    const host = await startHost();
    const code = `
      import { word } from './lib/word.mjs';
      globalThis.seen = (globalThis.seen ?? 0) + 1;
      export const handler = () => ({ word, who: process.env.WHO, seen: globalThis.seen, keys: Object.keys(process.env).filter((key) => key.includes('CLAIM')) });`;
    const spec = (name: string) => {
      const base = isolateOf(name, code);
      return {
        ...base,
        files: { ...base.files, 'lib/word.mjs': `export const word = '${name}';` },
        env: { ...base.env, WHO: name },
      };
    };
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const { status, body } = await host.claim(spec(name));
        expect(status).toBe(200);
        return (body as { port: number }).port;
      }),
    );
    expect(one).not.toBe(two);
    expect(await (await call(host, one ?? 0, 'one')).json()).toEqual({
      word: 'one',
      who: 'one',
      seen: 1,
      keys: [],
    });
    expect(await (await call(host, two ?? 0, 'two')).json()).toEqual({
      word: 'two',
      who: 'two',
      seen: 1,
      keys: [],
    });
  });

  it('answers a claim that comes again with the same port, and says so', async () => {
    const host = await startHost();
    const port = await claim(host, 'one', saying('hi'));
    const { body } = await host.claim(isolateOf('one', saying('hi')));
    expect(body).toMatchObject({ port, again: true });
  });

  it('takes no call for another function', async () => {
    const host = await startHost();
    const port = await claim(host, 'one', saying('hi'));
    const response = await call(host, port, 'two');
    expect(response.status).toBe(503);
    expect(response.headers.get('x-catnap-rejected')).toBe('misdirected');
    expect((await fetch(urlOf(host, port))).headers.get('x-catnap-rejected')).toBe('misdirected');
    expect(await textOf(host, port, 'one')).toBe('hi');
  });

  it('takes only claims that a gateway signed', async () => {
    const host = await startHost();
    const forged = await host.claim(isolateOf('one', saying('hi')), { encryptionKey: Buffer.alloc(32, 1) });
    expect(forged.status).toBe(401);
  });

  it("keeps the connection of a gateway for more claims, and nobody else's", async () => {
    const host = await startHost();
    const body = JSON.stringify(isolateOf('one', saying('hi')));
    const connectionAfter = async (signature: string) => {
      const headers = { [claimHeaders.signature]: signature };
      const response = await fetch(urlOf(host, CLAIM_PORT, CLAIM_PATH), { method: 'POST', headers, body });
      await response.text();
      return response.headers.get('connection');
    };
    expect(await connectionAfter(signatureOf(body))).toBe('keep-alive');
    expect(await connectionAfter(signatureOf('{}'))).toBe('close');
  });

  it('replaces the revision and lets calls of the old one finish', async () => {
    const host = await startHost();
    const slow = `export const handler = async () => { await new Promise((done) => setTimeout(done, 600)); return 'old'; };`;
    const old = await claim(host, 'one', slow);
    const running = textOf(host, old, 'one');
    const renewed = await claim(host, 'one', saying('new'), { revision: 'r2' });
    expect(renewed).not.toBe(old);
    expect(await textOf(host, renewed, 'one')).toBe('new');
    expect(await running).toBe('old');
    await gone(host, old);
  });

  it('tells why code does not load, and goes on', async () => {
    const host = await startHost();
    const port = await claim(host, 'good', saying('hi'));
    const answer = await host.claim(isolateOf('bad', 'export const handler = () => {'));
    expect(answer).toMatchObject({ status: 422, body: { reason: 'LoadFailed', file: 'index.mjs' } });
    const exits = await host.claim(isolateOf('exits', 'process.exit(3);'));
    expect(exits).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('process.exit(3)') },
    });
    expect(await textOf(host, port, 'good')).toBe('hi');
    // The next claim tries anew.
    expect((await host.claim(isolateOf('bad', saying('better'), { revision: 'r2' }))).status).toBe(200);
  });
});

describe('a function on a host that misbehaves ends alone:', () => {
  const neighbour = async (host: WarmPod) => {
    const port = await claim(host, 'neighbour', saying('hi'));
    return () => textOf(host, port, 'neighbour');
  };

  it('one that crashes', async () => {
    const host = await startHost();
    const ask = await neighbour(host);
    const code = `export const handler = () => { setTimeout(() => { throw new Error('boom'); }); return new Promise(() => {}); };`;
    const port = await claim(host, 'crash', code);
    expect((await call(host, port, 'crash')).status).toBe(500);
    await gone(host, port);
    expect(await ask()).toBe('hi');
    expect(await claim(host, 'crash', code)).not.toBe(port);
  });

  it('one that ends the process', async () => {
    const host = await startHost();
    const ask = await neighbour(host);
    const port = await claim(host, 'exit', 'export const handler = () => process.exit(1);');
    await expect(call(host, port, 'exit')).rejects.toThrow();
    expect(await ask()).toBe('hi');
  });

  it('one that never returns, after its timeout; others do not notice', async () => {
    const host = await startHost();
    const ask = await neighbour(host);
    const port = await claim(host, 'loop', 'export const handler = () => { for (;;); };');
    const looping = call(host, port, 'loop').catch(() => 'broken');
    expect(await ask()).toBe('hi');
    expect(await looping).toBe('broken');
    await gone(host, port);
    expect(host.logs().some(({ isolateOf: of }) => of === 'tests/loop')).toBe(true);
  });

  it('one that fills its heap', async () => {
    const host = await startHost();
    const ask = await neighbour(host);
    const code = `const kept = []; export const handler = () => { for (;;) kept.push(new Array(10_000).fill({}).map(() => ({}))); };`;
    const port = await claim(host, 'heap', code, { memoryMebibytes: 32 });
    await expect(call(host, port, 'heap')).rejects.toThrow();
    expect(await ask()).toBe('hi');
  });

  it('one that fills memory with buffers', async () => {
    const host = await startHost();
    const ask = await neighbour(host);
    const code = `const kept = []; export const handler = () => { kept.push(Buffer.alloc(60 * 2 ** 20, 1)); return 'ok'; };`;
    const port = await claim(host, 'buffers', code, { memoryMebibytes: 32 });
    expect(await textOf(host, port, 'buffers')).toBe('ok');
    await gone(host, port);
    expect(await ask()).toBe('hi');
  });
});

it('gives a function that exceeds its processor limit what others leave', async () => {
  const host = await startHost();
  const code = `
    setInterval(() => { const end = Date.now() + 90; while (Date.now() < end); }, 100);
    export const handler = () => 'busy';`;
  await claim(host, 'busy', code, { cpuMillis: 200 });
  const tasks = `/proc/${host.pid}/task`;
  const priorities = () =>
    readdirSync(tasks)
      .map((id) => readFileSync(`${tasks}/${id}/stat`, 'utf8'))
      .filter((stat) => stat.includes('(isolate-'))
      .map((stat) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]));
  await waitFor(() => priorities().includes(19), { describe: 'a lowered thread', timeoutMs: 10_000 });
  expect(priorities().filter((nice) => nice === 19)).toHaveLength(1);
});

describe('room', () => {
  it('is made by letting go of the function that was used least recently', async () => {
    const host = await startHost({ capacity: 2 });
    const first = await claim(host, 'first', saying('first'));
    const second = await claim(host, 'second', saying('second'));
    const third = isolateOf('third', saying('third'));
    // Both were in use a moment ago.
    expect((await host.claim(third)).status).toBe(429);
    await waitFor(
      async () => {
        await textOf(host, second, 'second');
        return (await host.claim(third)).status === 200;
      },
      { describe: 'room for a third', timeoutMs: 10_000, intervalMs: 100 },
    );
    await gone(host, first);
    expect(await textOf(host, second, 'second')).toBe('second');
  });

  it('is given back by functions that nobody calls', async () => {
    const host = await startHost();
    const port = await claim(host, 'brief', saying('hi'), { idleSeconds: 1 });
    expect(await textOf(host, port, 'brief')).toBe('hi');
    await gone(host, port);
    // Nothing of it is left behind.
    await waitFor(() => !directories(host).some((files) => files.includes('function')), {
      describe: 'its files gone',
      timeoutMs: 5_000,
    });
  });

  it('ends where the memory of all together does', async () => {
    const host = await startHost({ memoryMebibytes: 16 });
    expect((await host.claim(isolateOf('one', saying('hi')))).status).toBe(429);
  });
});

const directories = (host: WarmPod) =>
  readdirSync(host.place.launchDir).map((id) => readdirSync(`${host.place.launchDir}/${id}`));

it('lets calls finish when it is asked to stop, and takes no more claims', async () => {
  const host = await startHost();
  const code = `export const handler = async () => { await new Promise((done) => setTimeout(done, 700)); return 'done'; };`;
  const port = await claim(host, 'slow', code);
  const running = textOf(host, port, 'slow');
  host.kill('SIGTERM');
  await waitFor(() => host.logs().some(({ msg }) => msg === 'draining'), {
    describe: 'draining',
    timeoutMs: 2_000,
  });
  expect((await host.claim(isolateOf('late', saying('hi')))).status).toBe(503);
  expect(await running).toBe('done');
  expect(await host.exited).toEqual({ code: 0, signal: null });
});

it('takes many functions at once', async () => {
  const host = await startHost({ capacity: 40 });
  const names = Array.from({ length: 30 }, (_, i) => `many-${i}`);
  const ports = await Promise.all(names.map((name) => claim(host, name, saying(name))));
  expect(new Set(ports).size).toBe(30);
  expect(await Promise.all(names.map((name, i) => textOf(host, ports[i] ?? 0, name)))).toEqual(names);
});

it('runs from source as well', async () => {
  const host = await startHost({ fromSource: true });
  expect(await textOf(host, await claim(host, 'one', saying('hi')), 'one')).toBe('hi');
});

it('refuses to start with settings that are wrong', async () => {
  await expect(startHost({ capacity: 0 })).rejects.toThrow('CATNAP_ISOLATES');
});
