import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { buildRuntime } from '#runtime/build.ts';
import { waitFor } from '#test/harness/wait-for.ts';

export interface RuntimeOptions {
  /** Content by path; unless `env` says where the code is. */
  files?: Record<string, string>;
  handler?: string;
  env?: Record<string, string>;
  /** Runs the TypeScript source rather than the bundle. */
  fromSource?: boolean;
  /** Without a function's part of the environment, as a warm pod starts. */
  isWarm?: boolean;
}

export interface LogLine {
  level: string;
  time: string;
  msg: string;
  function?: string;
  requestId?: string;
  [field: string]: unknown;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Runtime {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  readonly exited: Promise<Exit>;
  /** The lines written so far. Fails on a line that is not JSON. */
  logs(): LogLine[];
  stdout(): string;
  stderr(): string;
  termination(): unknown;
  kill(signal: NodeJS.Signals): void;
}

interface Started extends Runtime {
  readonly child: ChildProcess;
}

let directory = '';
let entry = '';
const started: Started[] = [];

/** Builds the bundle for the tests of a file, and stops after each test what it started. */
export function useRuntime(): void {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'catnap-runtime-test-'));
    ({ entry } = await buildRuntime(join(directory, 'bundle')));
  });
  afterEach(async () => {
    for (const { child, exited } of started.splice(0)) {
      child.kill('SIGKILL');
      await exited;
    }
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
}

/** A new directory that is gone after the tests of the file. */
export function makeDirectory(prefix: string): string {
  return mkdtempSync(join(directory, prefix));
}

/** Starts the runtime and waits until it listens, or until it says something else. */
export async function startRuntime(options: RuntimeOptions, until = 'listening'): Promise<Runtime> {
  const runtime = launch(options);
  const isUp = () => runtime.stdout().includes(`"msg":"${until}"`);
  await Promise.race([
    waitFor(isUp, { describe: `the runtime: ${until}`, timeoutMs: 10_000, intervalMs: 10 }),
    runtime.exited.then(({ code }) => {
      throw new Error(`the runtime exited with ${code}: ${runtime.stdout()}${runtime.stderr()}`);
    }),
  ]);
  return runtime;
}

/** Starts a runtime that is expected to give up. */
export async function runToExit(options: RuntimeOptions): Promise<Runtime & { exit: Exit }> {
  const runtime = launch(options);
  return Object.assign(runtime, { exit: await runtime.exited });
}

const SOURCE = fileURLToPath(import.meta.resolve('#runtime/nodejs26/main.ts'));

function launch({ files, handler = 'index.handler', env, fromSource, isWarm }: RuntimeOptions): Started {
  const home = makeDirectory('function-');
  const code = join(home, 'code');
  mkdirSync(join(home, 'tmp'));
  mkdirSync(code);
  for (const [path, content] of Object.entries(files ?? {})) {
    mkdirSync(dirname(join(code, path)), { recursive: true });
    writeFileSync(join(code, path), content);
  }
  const terminationLog = join(home, 'termination-log');
  const ofFunction = {
    CATNAP_FUNCTION_DIR: code,
    CATNAP_HANDLER: handler,
    CATNAP_FUNCTION_NAME: 'probe',
    CATNAP_FUNCTION_NAMESPACE: 'tests',
    CATNAP_REVISION: 'r1',
  };
  const child = spawn(process.execPath, [fromSource ? SOURCE : entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      TMPDIR: join(home, 'tmp'),
      CATNAP_TERMINATION_LOG: terminationLog,
      ...(isWarm ? undefined : ofFunction),
      ...env,
    },
  });
  const runtime = observe(child, { host: env?.HOST, port: env?.PORT }, terminationLog);
  started.push(runtime);
  return runtime;
}

/** Where it was told to listen, as far as it was. */
interface Address {
  host?: string | undefined;
  port?: string | undefined;
}

function observe(child: ChildProcess, address: Address, terminationLog: string): Started {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });
  const lines = () =>
    output.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  const port = () => Number(address.port ?? lines().find(({ msg }) => msg === 'listening')?.port);
  return {
    child,
    pid: child.pid as number,
    // 'close' rather than 'exit': it comes when the last output is read.
    exited: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal }))),
    get port() {
      return port();
    },
    get url() {
      return `http://${address.host ?? '127.0.0.1'}:${port()}`;
    },
    logs: lines,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    termination: () => JSON.parse(readFileSync(terminationLog, 'utf8')),
    kill: (signal) => child.kill(signal),
  };
}
