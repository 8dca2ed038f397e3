import type { Worker } from 'node:worker_threads';
import type { Calls } from '../http/calls.ts';
import { log } from '../log.ts';
import type { Settings } from '../settings.ts';
import { beat, cells, HEARTBEAT_MS, REST_MS, type WatchdogData } from './blocked.ts';

/** Handlers that go on this long after their 504 are given up when they hold every slot. */
const STUCK_MS = 5_000;

export interface WatchdogOptions {
  settings: Settings;
  calls: Calls;
  directory: string;
  /** Called when every slot is held by a handler that ignored its deadline. */
  onStuck: () => void;
  /** Who watches: a thread that was started ahead, or whoever watches several functions. */
  thread?: Pick<Worker, 'postMessage'> | undefined;
}

/**
 * Has a thread end the process when a call outlives its deadline and blocks the event loop, which no timer on the main
 * thread could do.
 */
export function startWatchdog({ settings, calls, directory, onStuck, thread }: WatchdogOptions): void {
  const shared = new SharedArrayBuffer(cells.length * Int32Array.BYTES_PER_ELEMENT);
  const memory = new Int32Array(shared);
  let timer: NodeJS.Timeout | undefined;
  const pulse = () => {
    const now = Date.now();
    const [oldest] = calls.running;
    const isResting = oldest === undefined && calls.started === Atomics.load(memory, cells.started);
    Atomics.store(memory, cells.oldestAgeMs, oldest ? now - (oldest.deadline - settings.timeoutMs) : -1);
    Atomics.store(memory, cells.running, calls.running.size);
    Atomics.store(memory, cells.started, calls.started);
    beat(memory, isResting);
    // The first call ends the rest.
    calls.onStart = isResting ? pulse : undefined;
    clearTimeout(timer);
    timer = setTimeout(pulse, isResting ? REST_MS : HEARTBEAT_MS).unref();
    if (calls.stuck(now, STUCK_MS)) onStuck();
  };
  pulse();
  const functionKey = `${settings.namespace}/${settings.functionName}`;
  const data: WatchdogData = { shared, timeoutMs: settings.timeoutMs, functionKey, directory };
  (thread ?? startWatchdogThread()).postMessage(data);
}

/** The thread watches nothing, and takes no time, until it is told what. */
export function startWatchdogThread(): Worker {
  // Loaded here rather than imported: it takes milliseconds, and a function's server should listen by now.
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const thread = new Worker(workerFile(), { name: 'watchdog' });
  thread.unref();
  thread.on('error', (error) =>
    log('warn', 'the watchdog stopped; blocked calls will not be noticed', { error }),
  );
  return thread;
}

function workerFile(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'mjs';
  return new URL(`./watchdog-worker.${extension}`, import.meta.url);
}
