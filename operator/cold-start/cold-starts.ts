/**
 * The cold starts that statuses have yet to tell of. Most are written along with what else a waking function
 * changes; otherwise a function's status is written at most once in ten seconds for their sake. Functions that
 * do not start take up nothing here.
 */
import type { Function as CatnapFunction, FunctionStatus } from '#crds/function/types.ts';
import type { ColdStart } from '#crds/wire/samples.ts';
import { Recent } from '../recent.ts';
import type { ColdStartReports } from './reports.ts';

export type LastColdStart = NonNullable<FunctionStatus['lastColdStart']>;

/** Between two writes of one status. */
const PERIOD_MS = 10_000;
/** So long a report waits for a write that comes anyway. */
const PATIENCE_MS = 2_000;
/** A gateway's clock may be ahead by so much. */
const MAX_AHEAD_MS = 60_000;

export interface ColdStartsOptions {
  /** A function as it was last seen. */
  functionOf: (key: string) => CatnapFunction | undefined;
  /** Has a function reconciled. */
  enqueue: (key: string) => void;
  /** Wall clock, and a clock for durations; in milliseconds. */
  now: () => number;
  monotonic: () => number;
}

export interface ColdStarts {
  /** Each reading; gateways repeat their reports for some seconds. */
  take(reports: ColdStartReports): void;
  /** What the status is to tell from now on, if it is time for that. */
  due(key: string): LastColdStart | undefined;
  /** The status tells this. */
  told(key: string, coldStart: LastColdStart): void;
  forget(key: string): void;
}

export function createColdStarts(options: ColdStartsOptions): ColdStarts {
  const { functionOf, enqueue, now, monotonic } = options;
  const waiting = new Map<string, { report: ColdStart; sinceMs: number; isAsked: boolean }>();
  /** When those were that were told of last. */
  const recent = new Recent<number>(PERIOD_MS, monotonic);

  const isNews = (key: string, { atMs }: ColdStart): boolean => {
    const fn = functionOf(key);
    if (!fn || atMs > now() + MAX_AHEAD_MS) return false;
    const known = [
      fn.status?.lastColdStart?.at,
      fn.metadata.creationTimestamp,
      waiting.get(key)?.report.atMs,
      recent.get(key)?.value,
    ];
    return known.every((time) => time === undefined || atMs > timeOf(time));
  };

  return {
    take(reports) {
      const nowMs = monotonic();
      for (const [key, report] of reports) {
        if (!isNews(key, report)) continue;
        waiting.set(key, { sinceMs: nowMs, isAsked: false, ...waiting.get(key), report });
      }
      for (const [key, entry] of waiting) {
        if (entry.isAsked || recent.get(key) || nowMs - entry.sinceMs < PATIENCE_MS) continue;
        // Once: a reconcile that fails is repeated by its queue.
        entry.isAsked = true;
        enqueue(key);
      }
    },
    due(key) {
      const entry = waiting.get(key);
      return entry && !recent.get(key) ? statusOf(entry.report) : undefined;
    },
    told(key, { at }) {
      const atMs = Date.parse(at);
      const entry = waiting.get(key);
      // A later one may have come meanwhile.
      if (entry && entry.report.atMs <= atMs) waiting.delete(key);
      recent.note(key, atMs);
    },
    forget(key) {
      waiting.delete(key);
      recent.forget(key);
    },
  };
}

function timeOf(time: string | number): number {
  return typeof time === 'number' ? time : Date.parse(time);
}

function statusOf({ atMs, start, queuedMs, claimedMs, loadedMs, firstByteMs }: ColdStart): LastColdStart {
  const total = queuedMs + (claimedMs ?? 0) + (loadedMs ?? 0) + firstByteMs;
  return {
    at: new Date(atMs).toISOString(),
    start,
    totalMs: Math.round(total),
    queuedMs: Math.round(queuedMs),
    ...(claimedMs === undefined ? {} : { claimedMs: Math.round(claimedMs) }),
    ...(loadedMs === undefined ? {} : { loadedMs: Math.round(loadedMs) }),
    firstByteMs: Math.round(firstByteMs),
  };
}
