/**
 * Runs a reconcile function for keys: one worker per key, repeated adds merged, failures retried with
 * back-off. What a key means is the reconcile function's business.
 */
import { randomUUID } from 'node:crypto';
import { backoffMs } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import { isConflict } from './errors.ts';
import { describeError, type Log, silentLog } from './log.ts';

/** An error that a retry cannot help: it is logged and counted, and the key rests until it is added again. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export interface ReconcileContext {
  /** Aborts when the run takes longer than `timeoutMs`, or the queue was stopped and its deadline passed. */
  signal: AbortSignal;
  /** Of this run, for logs. */
  reconcileId: string;
  /** 0 for the first run after a success. */
  failures: number;
}

export type ReconcileResult = { requeueAfterMs?: number } | undefined;

export type ReconcileOutcome = 'success' | 'requeue_after' | 'error' | 'terminal_error' | 'conflict';

/** Hooks for the `workqueue_*` and `controller_runtime_reconcile_*` metrics. */
export interface WorkQueueObserver {
  added?(): void;
  /** A key left the queue after waiting there. */
  started?(waitedSeconds: number): void;
  finished?(outcome: ReconcileOutcome, workedSeconds: number): void;
  retried?(): void;
  timedOut?(): void;
}

export interface WorkQueueOptions {
  /** Of the controller, for logs and metrics. */
  name: string;
  /** Anything it throws is caught; a rejected promise and a thrown value are the same. */
  // biome-ignore lint/suspicious/noConfusingVoidType: lets async functions without a return value fit
  reconcile(key: string, context: ReconcileContext): Promise<ReconcileResult | void>;
  concurrency?: number;
  /** Per key; default 5 ms doubling to 1000 s. */
  retry?: { minMs: number; maxMs: number };
  /** After this time a run's signal aborts; its key stays busy until it ends. Default 2 min. */
  timeoutMs?: number;
  log?: Log;
  observe?: WorkQueueObserver;
  random?: () => number;
  clock?: Clock;
}

export interface WorkQueue {
  /** Runs the key as soon as a worker is free; once more if it is running now. */
  add(key: string): void;
  /** Runs the key in `ms`, or earlier if it is already due earlier. */
  addAfter(key: string, ms: number): void;
  /** Takes no further work, waits for what runs, aborts it after `deadlineMs` (default 30 s). */
  stop(deadlineMs?: number): Promise<void>;
  /** For gauges: keys waiting now, runs in progress, and the seconds these have taken. */
  stats(): { depth: number; running: number; longestRunningSeconds: number; unfinishedSeconds: number };
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { log = silentLog, clock = systemClock, concurrency = 1, observe = {} } = options;
  const retry = { minMs: 5, maxMs: 1_000_000, ...options.retry, random: options.random };
  /** Keys that wait for a worker, with the time they came; in order. */
  const ready = new Map<string, number>();
  const running = new Map<string, { startedAt: number; controller: AbortController }>();
  /** Keys added while they ran. */
  const dirty = new Set<string>();
  const delayed = new Map<string, { dueAt: number; cancel: () => void }>();
  const failures = new Map<string, number>();
  let stopped = false;
  let onIdle: (() => void) | undefined;

  const add = (key: string) => {
    if (stopped) return;
    delayed.get(key)?.cancel();
    delayed.delete(key);
    if (ready.has(key) || dirty.has(key)) return;
    observe.added?.();
    if (running.has(key)) dirty.add(key);
    else {
      ready.set(key, clock.monotonic());
      dispatch();
    }
  };

  const addAfter = (key: string, ms: number) => {
    if (ms <= 0) return add(key);
    // A key that is dirty runs again anyway, and that run decides afresh.
    if (stopped || ready.has(key) || dirty.has(key)) return;
    const dueAt = clock.monotonic() + ms;
    const known = delayed.get(key);
    if (known !== undefined && known.dueAt <= dueAt) return;
    known?.cancel();
    delayed.set(key, { dueAt, cancel: clock.after(ms, () => add(key)) });
  };

  const dispatch = () => {
    for (const [key, since] of ready) {
      if (stopped || running.size >= concurrency) return;
      ready.delete(key);
      work(key, since).catch((error) => log.error(describeError(error), 'work queue observer failed'));
    }
  };

  const work = async (key: string, since: number) => {
    const startedAt = clock.monotonic();
    const controller = new AbortController();
    running.set(key, { startedAt, controller });
    const context = {
      signal: controller.signal,
      reconcileId: randomUUID(),
      failures: failures.get(key) ?? 0,
    };
    const cancelTimeout = clock.after(options.timeoutMs ?? 120_000, () => {
      observe.timedOut?.();
      controller.abort(new Error(`Reconciling ${key} takes too long`));
    });
    const next = await runSafely(() => {
      observe.started?.((startedAt - since) / 1000);
      return options.reconcile(key, context);
    });
    cancelTimeout();
    running.delete(key);
    const outcome = settle(key, next, context.reconcileId);
    if (dirty.delete(key) && !stopped) ready.set(key, clock.monotonic());
    if (running.size === 0) onIdle?.();
    const workedSeconds = (clock.monotonic() - startedAt) / 1000;
    dispatch();
    observe.finished?.(outcome, workedSeconds);
  };

  /** The one place that turns the outcome of a run into what happens to its key. */
  const settle = (key: string, next: RunResult, reconcileId: string): ReconcileOutcome => {
    if (!('error' in next)) {
      failures.delete(key);
      if (next.requeueAfterMs === undefined) return 'success';
      addAfter(key, Math.max(next.requeueAfterMs, 1));
      return 'requeue_after';
    }
    const fields = { controller: options.name, key, reconcileId, ...describeError(next.error) };
    if (next.error instanceof TerminalError) {
      failures.delete(key);
      log.error(fields, 'reconcile failed for good');
      return 'terminal_error';
    }
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    const retryInMs = Math.round(Math.max(1, backoffMs(count, retry)));
    observe.retried?.();
    addAfter(key, retryInMs);
    // Two writers met; reading again settles it, nobody needs to look.
    const conflict = isConflict(next.error);
    log[conflict ? 'debug' : 'error']({ ...fields, failures: count, retryInMs }, 'reconcile failed');
    return conflict ? 'conflict' : 'error';
  };

  return {
    add,
    addAfter,
    async stop(deadlineMs = 30_000) {
      stopped = true;
      for (const { cancel } of delayed.values()) cancel();
      delayed.clear();
      ready.clear();
      dirty.clear();
      if (running.size === 0) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(deadlineMs, () => {
          for (const { controller } of running.values()) controller.abort(new Error('The queue was stopped'));
          resolve();
        });
        onIdle = () => {
          cancel();
          resolve();
        };
      });
    },
    stats() {
      const now = clock.monotonic();
      const seconds = [...running.values()].map(({ startedAt }) => (now - startedAt) / 1000);
      return {
        depth: ready.size,
        running: running.size,
        longestRunningSeconds: Math.max(0, ...seconds),
        unfinishedSeconds: seconds.reduce((sum, value) => sum + value, 0),
      };
    },
  };
}

type RunResult = { requeueAfterMs?: number } | { error: unknown };

// biome-ignore lint/suspicious/noConfusingVoidType: see WorkQueueOptions.reconcile
async function runSafely(run: () => Promise<ReconcileResult | void>): Promise<RunResult> {
  try {
    return (await run()) ?? {};
  } catch (error) {
    return { error };
  }
}
