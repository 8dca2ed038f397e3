/** When an ended container may start again: 10 s, doubling to 5 min, forgotten after 10 min. */

const INITIAL_MS = 10_000;
const MAX_MS = 300_000;
const FORGET_MS = 2 * MAX_MS;

/** The pause after a start that is followed by an exit. */
export interface Backoff {
  delayMs: number;
  /** Time of the start that set the pause. */
  updatedAtMs: number;
}

/** The state after one more restart at `nowMs`. */
export function nextBackoff(before: Backoff | undefined, nowMs: number): Backoff {
  const delayMs =
    before === undefined || nowMs - before.updatedAtMs > FORGET_MS
      ? INITIAL_MS
      : Math.min(before.delayMs * 2, MAX_MS);
  return { delayMs, updatedAtMs: nowMs };
}

/** From when a container that ended at `finishedAtMs` may start again; in the past means now. */
export function restartAt(backoff: Backoff | undefined, finishedAtMs: number): number {
  if (backoff === undefined || finishedAtMs - backoff.updatedAtMs > FORGET_MS) return finishedAtMs;
  return finishedAtMs + backoff.delayMs;
}

/** `10s`, `2m40s`, as kubectl users know it. */
export function formatDelay(delayMs: number): string {
  const seconds = Math.round(delayMs / 1_000);
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
