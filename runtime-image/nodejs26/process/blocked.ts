/** What the main thread and the watchdog's thread share, and the rule that the latter applies. */

/** Cells of the memory shared with the worker: signs of life, the age of the oldest call, calls that run and ever began. */
export const cells = { beat: 0, oldestAgeMs: 1, running: 2, started: 3, length: 4 } as const;

export interface WatchdogData {
  shared: SharedArrayBuffer;
  timeoutMs: number;
  functionKey: string;
  directory: string;
}

/** How often the main thread shows that it is alive. */
export const HEARTBEAT_MS = 500;
/** Silence shorter than this is never called blocked. */
const MIN_SILENCE_MS = 1_000;
/** A call is late only this long after its deadline: the main thread's own timer comes first. */
const LATE_MS = 500;

export interface Observation {
  /** Since the main thread's last sign of life. */
  silentMs: number;
  /** Age of the oldest running call at that sign; negative when none ran. */
  oldestAgeMs: number;
  timeoutMs: number;
}

/**
 * Whether the event loop is blocked by a call that is past its deadline. A call that began after the last sign of life
 * is unknown here, hence the second rule: so long a silence must have outlived it as well.
 */
export function isBlocked({ silentMs, oldestAgeMs, timeoutMs }: Observation): boolean {
  if (silentMs < MIN_SILENCE_MS) return false;
  if (oldestAgeMs >= 0 && oldestAgeMs + silentMs > timeoutMs + LATE_MS) return true;
  return silentMs > timeoutMs + LATE_MS + HEARTBEAT_MS;
}
