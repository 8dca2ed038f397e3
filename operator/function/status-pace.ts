/**
 * How often the numbers of a status are written. Each write costs the cluster 20 ms of CPU, and a function that gets twenty
 * pods has forty new numbers just when it needs that CPU most. What is more than numbers is news and is never held back.
 */
import type { FunctionStatus } from '#crds/function/types.ts';
import { Recent } from '../recent.ts';
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
  const written = new Recent<true>(PERIOD_MS, monotonic);
  return {
    untilNext(key) {
      const last = written.get(key);
      return last ? PERIOD_MS - (monotonic() - last.notedMs) : 0;
    },
    wrote(key) {
      written.note(key, true);
    },
  };
}
