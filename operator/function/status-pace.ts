/**
 * How often the numbers of a status are written. Each write costs the cluster 20 ms of CPU, and a function that gets twenty
 * pods has forty new numbers just when it needs that CPU most. What is more than numbers is news and is never held back.
 */
import type { FunctionStatus } from '#crds/function/types.ts';
import { canonicalJson } from './canonical.ts';

const PERIOD_MS = 1_000;

/** Whether nothing but how many pods there are has changed. */
export function isNumbersOnly(before: FunctionStatus | undefined, after: FunctionStatus): boolean {
  const rest = (status: FunctionStatus | undefined) => canonicalJson({ ...status, ...NO_NUMBERS });
  return rest(before) === rest(after);
}

const NO_NUMBERS = { replicas: undefined, readyReplicas: undefined };

export interface StatusPace {
  /** Milliseconds until new numbers may be written. */
  untilNext(key: string): number;
  wrote(key: string): void;
}

/** @param monotonic in milliseconds */
export function createStatusPace(monotonic: () => number): StatusPace {
  /** When statuses were written within the last period, in that order. */
  const recent = new Map<string, number>();

  const expire = () => {
    for (const [key, atMs] of recent) {
      if (monotonic() - atMs < PERIOD_MS) return;
      recent.delete(key);
    }
  };

  return {
    untilNext(key) {
      expire();
      const atMs = recent.get(key);
      return atMs === undefined ? 0 : PERIOD_MS - (monotonic() - atMs);
    },
    wrote(key) {
      expire();
      recent.delete(key);
      recent.set(key, monotonic());
    },
  };
}
