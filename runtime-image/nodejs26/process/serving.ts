import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { Calls } from '../http/calls.ts';
import { createInvoke } from '../http/invoke.ts';
import { createFunctionServer, type ServerState } from '../http/server.ts';
import { log } from '../log.ts';
import { exitCodes } from '../wire.ts';
import { drain } from './drain.ts';
import { exitOnUncaught } from './fatal.ts';
import { listen } from './listen.ts';
import type { LoadedFunction } from './load-function.ts';
import { writeTerminationMessage } from './termination.ts';
import { startWatchdog } from './watchdog.ts';

const DRAIN_WINDOW_MS = 1_000;
/** Kubernetes kills the process 10 s after the last running call's deadline; end before that. */
const DRAIN_MARGIN_MS = 8_000;

/** A loaded function and the server that takes its calls. */
export class Serving {
  readonly fn: LoadedFunction;
  readonly server: Server;
  readonly #calls: Calls;
  readonly #state: ServerState;
  #prepared = false;

  /** @param addressee whose calls it takes and no others; undefined where nobody else's can come */
  constructor(fn: LoadedFunction, addressee?: string) {
    this.fn = fn;
    this.#state = { closing: false, addressee };
    this.#calls = new Calls(fn.settings.concurrency);
    const background = {
      add: (work: Promise<unknown>) =>
        this.#calls.addBackground(
          work.catch((error) => log('error', 'work given to waitUntil failed', { error })),
        ),
    };
    const invoke = createInvoke(fn.handler, fn.settings, background);
    this.server = createFunctionServer(fn.settings, this.#calls, invoke, this.#state);
  }

  /** No more calls are wanted. */
  get closing(): boolean {
    return this.#state.closing;
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes calls from now on; what the function fails to catch ends the process. */
  async listen(self: Pick<NodeJS.Process, 'on'> = process): Promise<void> {
    const { host, port } = this.fn.settings;
    exitOnUncaught(this.#calls, this.#state, (code) => process.exit(code), self);
    await listen(this.server, host, port);
  }

  /** What takes milliseconds and can wait until the port is open, but not until the first call runs. */
  prepare(thread?: Pick<Worker, 'postMessage'>): void {
    if (this.#prepared) return;
    this.#prepared = true;
    const { settings, directory, handler } = this.fn;
    startWatchdog({ settings, calls: this.#calls, directory, onStuck: () => this.#exitStuck(), thread });
    // The first call would otherwise wait while Node loads fetch; the port is open by now and calls queue there.
    if (handler.form === 'fetch') void globalThis.Request;
  }

  /** Lets calls finish, then ends the process. */
  stop(): void {
    log('info', 'draining', { running: this.#calls.running.size });
    const exit = (complete: boolean) => {
      if (!complete) log('warn', 'exiting with calls still running', { running: this.#calls.running.size });
      process.exit(0);
    };
    const limitMs = this.fn.settings.timeoutMs + DRAIN_MARGIN_MS;
    drain({
      server: this.server,
      calls: this.#calls,
      state: this.#state,
      windowMs: DRAIN_WINDOW_MS,
      limitMs,
      exit,
    });
  }

  #exitStuck(): void {
    const { timeoutMs, concurrency } = this.fn.settings;
    const message = `${concurrency} calls, as many as may run, ignored their timeout of ${timeoutMs / 1000} s; use context.signal`;
    writeTerminationMessage({ reason: 'Blocked', message });
    log('error', 'every call is stuck, exiting', { error: message });
    process.exit(exitCodes.blocked);
  }
}
