/** However many were wanted. */
const MOST = 64;
/** What counts as at once. */
const SPAN_MS = 1_000;
/** How long a burst is remembered. */
const MEMORY_MS = 300_000;

/** How many threads are worth having ready: as many as were wanted at once in the last minutes. */
export class Demand {
  readonly #least: number;
  #span = { startMs: Number.NEGATIVE_INFINITY, count: 0 };
  #peak = { atMs: Number.NEGATIVE_INFINITY, count: 0 };

  /** @param least ready at any time */
  constructor(least: number) {
    this.#least = least;
  }

  /** A function was to be loaded. */
  note(nowMs: number): void {
    if (nowMs - this.#span.startMs > SPAN_MS) this.#span = { startMs: nowMs, count: 0 };
    this.#span.count += 1;
    if (this.#span.count >= this.#recent(nowMs)) this.#peak = { atMs: nowMs, count: this.#span.count };
  }

  /** @param hasMemory whether the host can afford more than the least */
  spares(nowMs: number, hasMemory: boolean): number {
    return hasMemory ? Math.min(MOST, Math.max(this.#least, this.#recent(nowMs))) : this.#least;
  }

  #recent(nowMs: number): number {
    return nowMs - this.#peak.atMs <= MEMORY_MS ? this.#peak.count : 0;
  }
}
