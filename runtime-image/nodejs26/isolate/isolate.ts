import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { log } from '../log.ts';
import { cells, Listener, type WatchdogData } from '../process/blocked.ts';
import type { Outcome, Owner } from '../warm/claims.ts';
import { ISOLATE_MEBIBYTES, type IsolateLimits, type LaunchSpec } from '../wire.ts';
import type { FromIsolate, ToIsolate } from './messages.ts';

/** - `starting`: it will be ready. - `spare`: nobody's. - `leaving`: it ends its calls, then itself. */
export type IsolateState = 'starting' | 'spare' | 'loading' | 'serving' | 'leaving' | 'ended';

export interface IsolateOptions {
  readonly id: number;
  /** Its own, below the host's; made and removed with it. */
  readonly directory: string;
  /** Of the JavaScript heap. */
  readonly memoryMebibytes: number;
  /** Runs its code in before it is ready: for those that are started ahead. */
  readonly rehearses: boolean;
  readonly onEnd: (isolate: Isolate) => void;
}

/** Why a function did not come to serve, other than what its code is to blame for. */
export type BecomeResult = Outcome | 'port taken';

/** Of functions that say nothing, and of threads that are started ahead. */
export const usualLimits: IsolateLimits = { memoryMebibytes: ISOLATE_MEBIBYTES, idleSeconds: 60 };

/** Nursery of the heap; the default of 16 MiB for each of a hundred threads would be most of the host. */
const NURSERY_MEBIBYTES = 4;
/** Of a thread that gets only what others leave. */
const LOWEST_PRIORITY = 19;

/** The host's side of one thread that runs one function. */
export class Isolate {
  state: IsolateState = 'starting';
  owner: Owner | undefined;
  limits = usualLimits;
  port = 0;
  /** When it last ran a call, or began to serve, by `performance.now()`; up to half a second late. */
  lastUsedAt = performance.now();
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly #options: IsolateOptions;
  readonly #worker: Worker;
  #settle: ((result: BecomeResult) => void) | undefined;
  #watch: { memory: Int32Array; data: WatchdogData; listener: Listener } | undefined;
  /** Calls that had begun when it was last looked at. */
  #started = 0;
  #isLowered = false;

  constructor(options: IsolateOptions) {
    const { id, directory, memoryMebibytes, rehearses } = options;
    this.#options = options;
    mkdirSync(directory, { recursive: true });
    this.#worker = new Worker(workerFile(), {
      name: threadName(id),
      workerData: { directory, rehearses },
      resourceLimits: {
        maxOldGenerationSizeMb: memoryMebibytes,
        maxYoungGenerationSizeMb: NURSERY_MEBIBYTES,
      },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.ended = ended;
    this.#worker.on('message', (message: FromIsolate) => {
      if (message.kind === 'ready') {
        if (this.state === 'starting') this.state = 'spare';
        resolve();
      } else this.#hear(message);
    });
    this.#worker.on('error', (error) => this.#log('error', 'an isolate failed', { error }));
    this.#worker.on('exit', (code) => {
      resolve();
      this.#ended(code);
      end();
    });
  }

  /** Makes it the function's. Resolves when it serves, or will not. */
  become(spec: LaunchSpec, port: number, receivedAt: number): Promise<BecomeResult> {
    this.owner = { function: spec.function, revision: spec.revision };
    this.limits = spec.isolate ?? usualLimits;
    this.state = 'loading';
    this.port = port;
    const { promise, resolve } = Promise.withResolvers<BecomeResult>();
    this.#settle = resolve;
    this.#send({ kind: 'become', spec, directory: this.#options.directory, port, receivedAt });
    return promise;
  }

  /** Whether no call ran when it last told, and it has not been used for so long. */
  isIdle(forMs: number, now: number): boolean {
    const running = this.#watch ? Atomics.load(this.#watch.memory, cells.running) : 0;
    return this.state === 'serving' && running === 0 && now - this.lastUsedAt >= forMs;
  }

  /** Lets its calls finish, then ends it. */
  stop(): void {
    if (this.state === 'leaving' || this.state === 'ended') return;
    if (this.state === 'serving') this.#send({ kind: 'stop' });
    else void this.#worker.terminate();
    this.state = 'leaving';
  }

  /** Ends it at once, with its calls. */
  terminate(why: string, fields: object = {}): void {
    this.#log('error', why, fields);
    this.state = 'leaving';
    void this.#worker.terminate();
  }

  /** Looks how it is; `elapsedMs` since the last time, without pauses of the whole process. */
  check(now: number, elapsedMs: number): void {
    if (!this.#watch || this.state === 'ended') return;
    const { memory, data, listener } = this.#watch;
    const started = Atomics.load(memory, cells.started);
    const running = Atomics.load(memory, cells.running);
    if (running > 0 || started !== this.#started) this.lastUsedAt = now;
    this.#started = started;
    if (listener.isBlocked(elapsedMs)) {
      this.#watch = undefined;
      this.terminate('the event loop is blocked, the isolate ends', { timeoutMs: data.timeoutMs });
    }
  }

  /** Bytes that it holds outside of its heap, such as buffers, which no limit of V8 covers. */
  async externalBytes(): Promise<number> {
    const { external_memory } = await this.#worker.getHeapStatistics();
    return external_memory;
  }

  /** Processor time that it has used, in milliseconds. */
  async cpuMs(): Promise<number> {
    const { user, system } = await this.#worker.cpuUsage();
    return (user + system) / 1_000;
  }

  /** From now on it gets only the processor time that others leave: there is no way back but its end. */
  lower(): void {
    if (this.#isLowered) return;
    this.#isLowered = true;
    const thread = threadId(threadName(this.#options.id));
    if (thread === undefined) return;
    setPriority(thread, LOWEST_PRIORITY);
    this.#log('warn', 'the isolate uses more processor time than its limit and gets what others leave');
  }

  #hear(message: FromIsolate): void {
    if (message.kind === 'serving') {
      this.state = 'serving';
      this.lastUsedAt = performance.now();
      this.#tell({ status: 200, body: { loadMs: message.loadMs, port: this.port } });
    } else if (message.kind === 'unloadable') this.#tell({ status: 422, body: message.message });
    else if (message.kind === 'port taken') this.#tell('port taken');
    else if (message.kind === 'watch') {
      const { data } = message;
      this.#watch = { data, memory: new Int32Array(data.shared), listener: new Listener(data) };
    }
  }

  #tell(result: BecomeResult): void {
    this.#settle?.(result);
    this.#settle = undefined;
  }

  #ended(code: number): void {
    this.state = 'ended';
    const message = `the thread ended with code ${code} before the function listened`;
    this.#tell({ status: 422, body: { reason: 'LoadFailed', message } });
    rmSync(this.#options.directory, { recursive: true, force: true });
    this.#options.onEnd(this);
  }

  #send(message: ToIsolate): void {
    this.#worker.postMessage(message);
  }

  #log(level: 'warn' | 'error', text: string, fields: object = {}): void {
    log(level, text, { isolateOf: this.owner?.function, ...fields });
  }
}

/** As Linux shows it: at most 15 characters. */
function threadName(id: number): string {
  return `isolate-${id % 1_000_000}`;
}

/** Linux only: elsewhere nothing is found, and nothing is bounded. */
function threadId(name: string): number | undefined {
  const tasks = '/proc/self/task';
  try {
    return readdirSync(tasks)
      .map(Number)
      .find((id) => readFileSync(`${tasks}/${id}/comm`, 'utf8').trim() === name);
  } catch {
    return undefined;
  }
}

function workerFile(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'mjs';
  return new URL(`./isolate-worker.${extension}`, import.meta.url);
}
