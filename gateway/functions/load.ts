/**
 * How much a function has to do: calls that run plus calls that wait, weighted by time. Only functions
 * with something to report take up memory here.
 */
import type { FunctionSample } from '#crds/wire/samples.ts';
import type { FunctionState } from './function-state.ts';

export class Load {
  level = 0;
  arrivals = 0;
  /** Not yet in any periodic sample. */
  fresh = true;
  private area = 0;
  private since: number;

  constructor(now: number) {
    this.since = now;
  }

  change(by: number, now: number): void {
    this.area += this.level * (now - this.since);
    this.since = now;
    this.level += by;
  }

  /** Mean level since the last {@link reset}, `periodMs` ago. */
  mean(now: number, periodMs: number): number {
    if (periodMs <= 0) return this.level;
    return (this.area + this.level * (now - this.since)) / periodMs;
  }

  reset(now: number): void {
    this.area = 0;
    this.since = now;
    this.arrivals = 0;
    this.fresh = false;
  }
}

export class LoadBook {
  /** Called when a function that had nothing to report gets its first call. */
  onFresh: () => void = () => {};
  private readonly busy = new Set<FunctionState>();
  private readonly now: () => number;
  private periodStart: number;

  constructor(now: () => number) {
    this.now = now;
    this.periodStart = now();
  }

  /** A call for the function came in. */
  arrive(fn: FunctionState): void {
    const now = this.now();
    let load = fn.load;
    if (load === undefined) {
      load = fn.load = new Load(now);
      this.busy.add(fn);
      this.onFresh();
    }
    load.arrivals += 1;
    load.change(1, now);
  }

  /** A call for the function came to its end, whichever. */
  leave(fn: FunctionState): void {
    fn.load?.change(-1, this.now());
  }

  /**
   * The samples of a period that ends now; the next begins. Functions that had no call and have none are
   * forgotten.
   */
  takePeriod(): Record<string, FunctionSample> {
    const now = this.now();
    const samples = this.sample((load) => load.mean(now, now - this.periodStart));
    for (const fn of this.busy) {
      const load = fn.load;
      if (load === undefined || (load.level === 0 && load.arrivals === 0)) {
        fn.load = undefined;
        this.busy.delete(fn);
      } else load.reset(now);
    }
    this.periodStart = now;
    return samples;
  }

  /** Samples in the middle of a period, for functions that just woke: those count with their present level. */
  peek(): Record<string, FunctionSample> {
    const now = this.now();
    return this.sample((load) => (load.fresh ? load.level : load.mean(now, now - this.periodStart)));
  }

  /** Calls that wait now, of each function of which any do. */
  waiting(): Record<string, number> {
    const waiting: Record<string, number> = {};
    for (const fn of this.busy) if (fn.waiting > 0) waiting[fn.key] = fn.waiting;
    return waiting;
  }

  private sample(concurrency: (load: Load) => number): Record<string, FunctionSample> {
    const samples: Record<string, FunctionSample> = {};
    for (const fn of this.busy) {
      const { load } = fn;
      if (load === undefined || (load.level === 0 && load.arrivals === 0)) continue;
      samples[fn.key] = {
        concurrency: Math.round(concurrency(load) * 1_000) / 1_000,
        queued: fn.waiting,
        arrivals: load.arrivals,
      };
    }
    return samples;
  }
}
