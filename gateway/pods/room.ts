/** How many calls a pod takes from this gateway. Pure; times are monotonic, in milliseconds. */

const FIRST_PAUSE_MS = 20;
/** A place that becomes free may stay so for this long, while many calls wait and others had it before. */
const LONGEST_PAUSE_MS = 80;

/**
 * Several gateways share the places of a pod, and the pod refuses what is too much. Which share is this one's shows when
 * that happens: what it had running then is what it sends from then on, and one call more from time to time, which
 * the pod refuses or not. As long as none is refused, its share doubles; after each refusal it waits longer before it asks.
 */
export class Room {
  /** Calls at the same time; without end until the pod refuses one. */
  limit = Number.POSITIVE_INFINITY;
  /** When the pod last refused a call, or was last offered more. */
  askedAt = Number.NEGATIVE_INFINITY;
  private pauseMs = FIRST_PAUSE_MS;
  private step = 1;
  /** Since it last grew. */
  private wasRefused = false;

  get isLimited(): boolean {
    return this.limit !== Number.POSITIVE_INFINITY;
  }

  /** Whether so long, and as long as it takes at least, has passed since the pod was asked. */
  isDue(now: number, ms: number): boolean {
    return now - this.askedAt >= Math.max(this.pauseMs, ms);
  }

  /** @param inFlight calls on the pod, with the one that it refused */
  refused(inFlight: number, now: number): void {
    this.limit = inFlight - 1;
    this.askedAt = now;
    this.step = 1;
    this.wasRefused = true;
  }

  /** @param concurrency as many calls as the pod may run for all gateways */
  grow(concurrency: number, now: number): void {
    if (!this.wasRefused && this.limit >= concurrency) {
      this.forget();
      return;
    }
    this.askedAt = now;
    this.pauseMs = this.wasRefused ? Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
    this.limit = Math.min(this.limit + this.step, concurrency);
    this.step *= 2;
    this.wasRefused = false;
  }

  forget(): void {
    this.limit = Number.POSITIVE_INFINITY;
    this.pauseMs = FIRST_PAUSE_MS;
  }
}
