/** What the main thread and the watchdog's thread share, and the rule that the latter applies. */

/** Cells of the memory shared with the worker: signs of life, the age of the oldest call, calls that run and ever began. */
export const cells = { beat: 0, oldestAgeMs: 1, running: 2, started: 3, length: 4 } as const;

export interface WatchdogData {
  shared: SharedArrayBuffer;
  timeoutMs: number;
  functionKey: string;
  directory: string;
}

/** How often the main thread shows that it is alive while calls run. */
export const HEARTBEAT_MS = 500;
/** The same while none does: a pod that nobody calls should take no processor time either. The next call ends it. */
export const REST_MS = 2_000;
/** Silence shorter than this is never called blocked. */
const MIN_SILENCE_MS = 1_000;
/** A call is late only this long after its deadline: the main thread's own timer comes first. */
const LATE_MS = 500;

export interface Observation {
  /** Since the main thread's last sign of life; in a rest, since the next one was due. */
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

/** Gives a sign of life: another number each time, odd when the next one is due in {@link REST_MS} only. */
export function beat(memory: Int32Array, isResting: boolean): void {
  Atomics.store(memory, cells.beat, ((Atomics.load(memory, cells.beat) & ~1) + 2) | (isResting ? 1 : 0));
  Atomics.notify(memory, cells.beat);
}

/** Listens to the signs of life of another thread. */
export class Listener {
  readonly #memory: Int32Array;
  readonly #timeoutMs: number;
  #beat = -1;
  #silentMs = 0;

  constructor({ shared, timeoutMs }: Pick<WatchdogData, 'shared' | 'timeoutMs'>) {
    this.#memory = new Int32Array(shared);
    this.#timeoutMs = timeoutMs;
  }

  /** @param elapsedMs since the last look, without time in which nobody could look */
  isBlocked(elapsedMs: number): boolean {
    const beat = Atomics.load(this.#memory, cells.beat);
    this.#silentMs = beat === this.#beat ? this.#silentMs + elapsedMs : 0;
    this.#beat = beat;
    return isBlocked({
      silentMs: this.#isResting ? this.#silentMs - REST_MS : this.#silentMs,
      oldestAgeMs: Atomics.load(this.#memory, cells.oldestAgeMs),
      timeoutMs: this.#timeoutMs,
    });
  }

  /** Blocks this thread until there is another sign of life, or it is time to look why there is none. */
  wait(checkMs: number): void {
    const limitMs = this.#isResting && this.#silentMs === 0 ? REST_MS : checkMs;
    Atomics.wait(this.#memory, cells.beat, this.#beat, limitMs);
  }

  get #isResting(): boolean {
    return (this.#beat & 1) === 1;
  }
}
