import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processIdentity } from './identity.ts';
import { type ContainerRuntime, startContainerRuntime } from './runtime.ts';

const log = pino({ level: 'silent' });
let dir: string;
let runtime: ContainerRuntime;
let count = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catnap-runtime-'));
  runtime = await startContainerRuntime({ recordDir: join(dir, 'processes'), log });
});
afterAll(async () => {
  await runtime.stop(500);
  await rm(dir, { recursive: true, force: true });
});

function shell(script: string, extra: { memoryLimitBytes?: number } = {}) {
  const id = `c${++count}`;
  return {
    id,
    argv: ['/bin/sh', '-c', script],
    env: { PATH: process.env.PATH ?? '' },
    cwd: dir,
    logFile: join(dir, `${id}.log`),
    logMaxBytes: 1_000_000,
    ...extra,
  };
}

describe('the container runtime', () => {
  it('tells the exit code and keeps the output', async () => {
    const spec = shell('echo out; echo err >&2; exit 7');
    const exit = await (await runtime.start(spec)).exited;
    expect(exit).toMatchObject({ exitCode: 7, signal: null, outOfMemory: false });
    const log = await readFile(spec.logFile, 'utf8');
    expect(log).toMatch(/ stdout F out\n/);
    expect(log).toMatch(/ stderr F err\n/);
  });

  it('says why a command cannot be started', async () => {
    const missing = join(dir, 'missing');
    await expect(runtime.start({ ...shell(''), argv: [missing] })).rejects.toThrow(missing);
    await expect(runtime.start({ ...shell(''), cwd: missing })).rejects.toThrow(/working directory/);
  });

  it('notices a process that is killed from outside', async () => {
    const running = await runtime.start(shell('sleep 60'));
    process.kill(running.pid, 'SIGKILL');
    expect(await running.exited).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  it('ends the rest of the group with the first process', async () => {
    const spec = shell('sleep 60 & echo $!; sleep 60');
    const seen = Promise.withResolvers<void>();
    runtime.onLog(spec.id, seen.resolve);
    const running = await runtime.start(spec);
    await seen.promise;
    const child = Number((await readFile(spec.logFile, 'utf8')).split(' ').at(-1));
    expect(await processIdentity(child)).toBeDefined();
    runtime.signal(spec.id, 'SIGTERM');
    await running.exited;
    await expect.poll(() => processIdentity(child)).toBeUndefined();
  });

  it('ends a process that holds more memory than it may', async () => {
    const grow = `${process.execPath} -e 'const a=[];setInterval(()=>a.push(Buffer.alloc(8<<20,1)),10)'`;
    const running = await runtime.start(shell(grow, { memoryLimitBytes: 100 << 20 }));
    expect(await running.exited).toMatchObject({ signal: 'SIGKILL', outOfMemory: true });
  });

  it('runs a command to its end, within its time', async () => {
    const base = { env: { PATH: process.env.PATH ?? '' }, cwd: dir };
    expect(
      await runtime.exec({ ...base, argv: ['/bin/sh', '-c', 'echo hi; exit 3'], timeoutMs: 5_000 }),
    ).toEqual({ exitCode: 3, timedOut: false, output: 'hi\n' });
    expect(await runtime.exec({ ...base, argv: ['sleep', '60'], timeoutMs: 50 })).toMatchObject({
      timedOut: true,
    });
    expect(await runtime.exec({ ...base, argv: [join(dir, 'missing')], timeoutMs: 50 })).toMatchObject({
      exitCode: 127,
    });
  });
});

describe('a process keeper that is killed', () => {
  it('takes its containers with it and is replaced', async () => {
    const running = await runtime.start(shell('sleep 60'));
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(running.pid)]);
    process.kill(Number(stdout), 'SIGKILL');
    expect(await running.exited).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    await expect.poll(() => processIdentity(running.pid)).toBeUndefined();
    const next = await (await runtime.start(shell('exit 4'))).exited;
    expect(next.exitCode).toBe(4);
  });
});

describe('stopping the container runtime', () => {
  it('ends every process, also one that ignores SIGTERM', async () => {
    const other = await startContainerRuntime({ recordDir: join(dir, 'other'), log });
    const polite = await other.start(shell('sleep 60'));
    const stubborn = await other.start(shell("trap '' TERM; while :; do sleep 1; done"));
    await other.stop(200);
    // A killed process may need a moment to be gone.
    await expect.poll(() => processIdentity(polite.pid)).toBeUndefined();
    await expect.poll(() => processIdentity(stubborn.pid)).toBeUndefined();
  });
});
