/** The kubelet's side of the process keeper: starts it, talks to it, replaces it when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { killGroup } from './container-process.ts';
import type {
  ExecRequest,
  ExecResult,
  KeeperReply,
  KeeperRequest,
  ProcessExit,
  StartRequest,
} from './protocol.ts';
import { type ProcessRecords, processRecords } from './records.ts';

export type { ExecResult, ProcessExit } from './protocol.ts';

export interface RunningProcess {
  pid: number;
  startedAtMs: number;
  exited: Promise<ProcessExit>;
}

export interface ContainerRuntime {
  /** Starts a process; rejects with a sentence when it cannot be started. `id` must be new. */
  start(spec: Omit<StartRequest, 'op'>): Promise<RunningProcess>;
  /** Signals the first process (SIGTERM) or the whole group (SIGKILL); no effect once it ended. */
  signal(id: string, signal: 'SIGTERM' | 'SIGKILL'): void;
  exec(request: Omit<ExecRequest, 'op' | 'id'>): Promise<ExecResult>;
  /** Calls `listener` soon after output was written to the container's log; returns the way to stop it. */
  onLog(id: string, listener: () => void): () => void;
  /** Ends every process, by force after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

const REFORK_MS = 1_000;

interface Live {
  pid?: number;
  started: PromiseWithResolvers<RunningProcess>;
  exited: PromiseWithResolvers<ProcessExit>;
}

/** Ends what an earlier run left behind, then starts the keeper. */
export async function startContainerRuntime(options: {
  recordDir: string;
  log: Logger;
}): Promise<ContainerRuntime> {
  const records = processRecords(options.recordDir);
  const ended = await records.endLeftovers();
  if (ended > 0) options.log.info({ ended }, 'ended processes of an earlier run');
  const runtime = new KeeperClient(records, options.log);
  await runtime.ready();
  return runtime;
}

class KeeperClient implements ContainerRuntime {
  #records: ProcessRecords;
  #log: Logger;
  #live = new Map<string, Live>();
  #execs = new Map<string, (result: ExecResult) => void>();
  #listeners = new Map<string, Set<() => void>>();
  #stopping = false;
  #reforkTimer: NodeJS.Timeout | undefined;
  #keeper: ChildProcess;
  #ready = Promise.withResolvers<void>();
  #isReady = false;

  constructor(records: ProcessRecords, log: Logger) {
    this.#records = records;
    this.#log = log;
    this.#keeper = this.#fork();
  }

  ready(): Promise<void> {
    return this.#ready.promise;
  }

  start(spec: Omit<StartRequest, 'op'>): Promise<RunningProcess> {
    if (this.#stopping) return Promise.reject(new Error('the node is shutting down'));
    if (!this.#keeper.connected) return Promise.reject(new Error('the process keeper is being replaced'));
    const live: Live = { started: Promise.withResolvers(), exited: Promise.withResolvers() };
    this.#live.set(spec.id, live);
    this.#send({ op: 'start', ...spec });
    return live.started.promise;
  }

  signal(id: string, signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#live.has(id)) this.#send({ op: 'signal', id, signal });
  }

  exec(request: Omit<ExecRequest, 'op' | 'id'>): Promise<ExecResult> {
    const id = randomUUID();
    if (!this.#keeper.connected) return Promise.resolve({ exitCode: null, timedOut: false, output: '' });
    return new Promise((resolve) => {
      this.#execs.set(id, resolve);
      this.#send({ op: 'exec', id, ...request });
    });
  }

  onLog(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners);
    if (listeners.size === 0) this.#send({ op: 'follow', id, on: true });
    listeners.add(listener);
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#listeners.delete(id);
      this.#send({ op: 'follow', id, on: false });
    };
  }

  async stop(graceMs: number): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      clearTimeout(this.#reforkTimer);
      this.#send({ op: 'shutdown', graceMs });
    }
    await this.#gone(graceMs + 1_000);
    for (const { pid } of this.#live.values()) if (pid !== undefined) killGroup(pid);
    for (const id of this.#live.keys()) this.#records.remove(id);
    await this.#records.flush();
  }

  async #gone(timeoutMs: number): Promise<void> {
    const keeper = this.#keeper;
    if (keeper.exitCode !== null || keeper.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
    const timer = setTimeout(() => keeper.kill('SIGKILL'), timeoutMs);
    await exited;
    clearTimeout(timer);
  }

  #refork(): void {
    this.#isReady = false;
    this.#keeper = this.#fork();
  }

  #fork(): ChildProcess {
    const keeper = fork(fileURLToPath(new URL('./keeper.ts', import.meta.url)), [], {
      // A group of its own, so that Ctrl-C in a terminal reaches the kubelet alone.
      detached: true,
      execArgv: [],
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    keeper.on('message', (message) => this.#receive(message as KeeperReply));
    keeper.on('error', (error) => this.#log.error({ err: error }, 'process keeper failed'));
    keeper.once('exit', () => this.#onKeeperExit());
    return keeper;
  }

  #send(request: KeeperRequest): void {
    // A keeper that is gone answers by its exit event, which settles everything that waits.
    if (this.#keeper.connected) this.#keeper.send(request, () => {});
  }

  #receive(reply: KeeperReply): void {
    switch (reply.op) {
      case 'ready':
        this.#isReady = true;
        this.#ready.resolve();
        break;
      case 'started':
        this.#onStarted(reply);
        break;
      case 'startFailed':
        this.#live.get(reply.id)?.started.reject(new Error(reply.message));
        this.#live.delete(reply.id);
        break;
      case 'exited':
        this.#live.get(reply.id)?.exited.resolve(reply.exit);
        this.#live.delete(reply.id);
        this.#records.remove(reply.id);
        break;
      case 'execDone':
        this.#execs.get(reply.id)?.(reply.result);
        this.#execs.delete(reply.id);
        break;
      case 'logged':
        for (const listener of this.#listeners.get(reply.id) ?? []) listener();
        break;
    }
  }

  #onStarted({ id, pid, startedAtMs }: KeeperReply & { op: 'started' }): void {
    const live = this.#live.get(id);
    if (!live) return;
    live.pid = pid;
    this.#records.add(id, pid);
    live.started.resolve({ pid, startedAtMs, exited: live.exited.promise });
  }

  #onKeeperExit(): void {
    const lost = [...this.#live];
    this.#live.clear();
    for (const [id, { pid, started, exited }] of lost) {
      started.reject(new Error('the process keeper ended'));
      started.promise.catch(() => {});
      if (pid !== undefined) killGroup(pid);
      this.#records.remove(id);
      exited.resolve({ exitCode: null, signal: 'SIGKILL', outOfMemory: false, finishedAtMs: Date.now() });
    }
    for (const settle of this.#execs.values()) settle({ exitCode: null, timedOut: false, output: '' });
    this.#execs.clear();
    this.#ready.reject(new Error('the process keeper ended before it was ready'));
    if (this.#stopping) return;
    this.#log.error({ containers: lost.length }, 'process keeper ended; its containers are lost');
    // One that cannot even start is not tried again in a tight loop.
    if (this.#isReady) this.#refork();
    else this.#reforkTimer = setTimeout(() => this.#refork(), REFORK_MS).unref();
  }
}
