/**
 * How many deliveries a function takes at a time, learned from its answers: additive increase, multiplicative decrease.
 * Pure; times are milliseconds of any one clock.
 */

const DECREASE = 0.5;
/** At one delivery at a time there is a pause between them too. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

export class AdaptiveLimit {
  private readonly now: () => number;
  /** Undefined while nothing speaks against as many as there may be. */
  private window: number | undefined = undefined;
  private decreasedAt = Number.NEGATIVE_INFINITY;
  private pauseMs = 0;
  private pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Deliveries at a time, of `most`; at least 1, and 0 during a pause. */
  limit(most: number): number {
    if (this.pausedForMs > 0) return 0;
    return Math.max(1, Math.floor(Math.min(this.window ?? most, most)));
  }

  /** Until the end of the pause. */
  get pausedForMs(): number {
    return Math.max(0, this.pausedUntil - this.now());
  }

  /** Nothing is remembered that would make a difference. */
  get isOpen(): boolean {
    return this.window === undefined && this.pausedForMs === 0;
  }

  /** A delivery was taken well: one more at a time once as many as there may be now have been. */
  succeeded(most: number): void {
    this.pauseMs = 0;
    this.pausedUntil = Number.NEGATIVE_INFINITY;
    if (this.window === undefined) return;
    this.window += 1 / this.window;
    if (this.window >= most) this.window = undefined;
  }

  /**
   * The function said that it has too much to do.
   *
   * @param startedAt of the delivery: what began before the last decrease says nothing new
   * @param inFlight deliveries that run, this one included
   * @param retryAfterMs what the function asked for
   */
  throttled(startedAt: number, inFlight: number, retryAfterMs: number | undefined): void {
    if (startedAt < this.decreasedAt) return;
    this.decreasedAt = this.now();
    const before = Math.min(this.window ?? inFlight, inFlight);
    this.window = Math.max(1, before * DECREASE);
    if (before > 1) return;
    this.pauseMs = Math.min(Math.max(this.pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
    this.pausedUntil = this.now() + Math.min(Math.max(this.pauseMs, retryAfterMs ?? 0), LONGEST_PAUSE_MS);
  }
}
