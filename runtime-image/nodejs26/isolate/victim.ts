import type { Isolate } from './isolate.ts';

/** Not in the middle of something: calls come in bunches. */
const LEAST_IDLE_MS = 1_000;

/** The one that has to make room: of those that run nothing, the one that was used least recently. */
export function victim<T extends Pick<Isolate, 'isIdle' | 'lastUsedAt'>>(
  isolates: Iterable<T>,
  now: number,
): T | undefined {
  let oldest: T | undefined;
  for (const isolate of isolates) {
    if (!isolate.isIdle(LEAST_IDLE_MS, now)) continue;
    if (oldest === undefined || isolate.lastUsedAt < oldest.lastUsedAt) oldest = isolate;
  }
  return oldest;
}
