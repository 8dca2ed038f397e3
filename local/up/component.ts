/** A child process of ours that can be started, awaited, killed and started again, with its output kept. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, rmSync, type WriteStream, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

export interface ComponentSpec {
  name: string;
  command: string;
  args: string[];
  /** The whole environment of the process. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Gets stdout and stderr; appended to over restarts. */
  logFile: string;
  /** Holds the process id while the process runs. */
  pidFile?: string;
  /** Resolves once the process is usable; rejects or is aborted when it is not going to be. */
  ready(process: { pid: number; lines: LineWaiter; signal: AbortSignal }): Promise<void>;
  /** Time for {@link ready}, in ms. */
  readyTimeoutMs: number;
  /** Time between SIGTERM and SIGKILL on stop, in ms. */
  stopTimeoutMs: number;
}

export interface LineWaiter {
  /** The first output line that the predicate accepts, from the start of the process on. */
  find<T>(match: (line: string) => T | undefined): Promise<T>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Component {
  readonly name: string;
  readonly logFile: string;
  /** Of the running process, else undefined. */
  readonly pid: number | undefined;
  /** Starts the process and waits until it is usable. Throws with the last log lines when it is not. */
  start(): Promise<void>;
  /** SIGTERM, SIGKILL when that takes too long; waits for the end. Does nothing when not running. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash; waits for the end. */
  kill(): Promise<void>;
  /** stop(), and start() throws from now on. */
  retire(): Promise<void>;
  /** The last lines of output. */
  tail(lines?: number): string[];
  /** Called when the process ends without stop() or kill() while it was usable. */
  onCrash(listener: (exit: Exit) => void): void;
}

const KEPT_LINES = 200;
const running = new Set<ChildProcess>();

/** Whatever way this process ends, short of SIGKILL, nothing that it started outlives it. */
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function createComponent(spec: ComponentSpec): Component {
  const lines: string[] = [];
  const crashListeners: ((exit: Exit) => void)[] = [];
  let current: Running | undefined;
  let retired = false;

  function keep(line: string): void {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
  }

  async function start(): Promise<void> {
    if (current) throw new Error(`${spec.name} is already running`);
    if (retired) throw new Error(`${spec.name} is not wanted any more`);
    const started = launch(spec, keep);
    current = started;
    started.exited.then((exit) => {
      if (current === started) current = undefined;
      if (started.usable && !started.expectedToEnd) for (const listener of crashListeners) listener(exit);
    });
    try {
      await becomesReady(spec, started);
      started.usable = true;
    } catch (error) {
      started.expectedToEnd = true;
      await endProcess(started, 0);
      throw new Error(`${(error as Error).message}\n${lines.slice(-20).join('\n')}`, { cause: error });
    }
  }

  async function end(graceMs: number): Promise<void> {
    const target = current;
    if (!target) return;
    target.expectedToEnd = true;
    await endProcess(target, graceMs);
  }

  return {
    name: spec.name,
    logFile: spec.logFile,
    get pid() {
      return current?.pid;
    },
    start,
    stop: () => end(spec.stopTimeoutMs),
    kill: () => end(0),
    retire() {
      retired = true;
      return end(spec.stopTimeoutMs);
    },
    tail: (count = 20) => lines.slice(-count),
    onCrash: (listener) => void crashListeners.push(listener),
  };
}

interface Running {
  pid: number;
  child: ChildProcess;
  lines: LineWaiter;
  exited: Promise<Exit>;
  usable: boolean;
  expectedToEnd: boolean;
}

function launch(spec: ComponentSpec, keep: (line: string) => void): Running {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = createWriteStream(spec.logFile, { flags: 'a' });
  // Its own process group: Ctrl-C in a terminal reaches only us, so that the parts stop in order.
  const child = spawn(spec.command, spec.args, {
    env: spec.env,
    cwd: spec.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      keep(`cannot start ${spec.command}: ${error.message}`);
      resolve({ code: null, signal: null });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const pid = child.pid ?? 0;
  running.add(child);
  if (spec.pidFile && pid > 0) writeFileSync(spec.pidFile, String(pid));
  exited.then(() => {
    running.delete(child);
    if (spec.pidFile) rmSync(spec.pidFile, { force: true });
  });
  const lines = readLines(child, log, keep);
  return { pid, child, lines, exited, usable: false, expectedToEnd: false };
}

function readLines(child: ChildProcess, log: WriteStream, keep: (line: string) => void): LineWaiter {
  const seen: string[] = [];
  let waiting: ((line: string) => void)[] = [];
  let open = 0;
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    open++;
    const reader = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    reader.on('line', (line) => {
      log.write(`${line}\n`);
      keep(line);
      if (seen.length < KEPT_LINES) seen.push(line);
      for (const accept of waiting) accept(line);
    });
    reader.on('close', () => {
      if (--open === 0) log.end();
    });
  }
  return {
    find: (match) =>
      new Promise((resolve) => {
        const accept = (line: string) => {
          const found = match(line);
          if (found === undefined) return;
          waiting = waiting.filter((other) => other !== accept);
          resolve(found);
        };
        waiting.push(accept);
        for (const line of [...seen]) accept(line);
      }),
  };
}

async function becomesReady(spec: ComponentSpec, started: Running): Promise<void> {
  const deadline = AbortSignal.timeout(spec.readyTimeoutMs);
  const over = new AbortController();
  const signal = AbortSignal.any([deadline, over.signal]);
  const failed = new Promise<never>((_, reject) => {
    started.exited.then((exit) => reject(new Error(`${spec.name} ended at start (${describeExit(exit)})`)));
    deadline.addEventListener('abort', () =>
      reject(new Error(`${spec.name} was not ready within ${spec.readyTimeoutMs / 1000} s`)),
    );
  });
  failed.catch(() => {});
  try {
    await Promise.race([spec.ready({ pid: started.pid, lines: started.lines, signal }), failed]);
  } finally {
    over.abort();
  }
}

async function endProcess(target: Running, graceMs: number): Promise<void> {
  if (graceMs > 0) {
    target.child.kill('SIGTERM');
    const timer = setTimeout(() => target.child.kill('SIGKILL'), graceMs);
    await target.exited;
    clearTimeout(timer);
    return;
  }
  target.child.kill('SIGKILL');
  await target.exited;
}

/** For messages: `exit code 1` or `SIGKILL`. */
export function describeExit(exit: Exit): string {
  return exit.signal ?? `exit code ${exit.code}`;
}
