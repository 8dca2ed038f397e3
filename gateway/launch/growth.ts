/**
 * Has functions take more pods from their pool while calls wait although pods are up. The autoscaler looks at averages, and
 * what it starts takes a second or more; a spike needs pods within milliseconds.
 */
import type { FunctionState } from '#gateway/functions/function-state.ts';

/** Calls wait for so long without a break before the function grows; and then each time again. */
const STEP_MS = 100;
/** A call that is sent to a full pod from time to time, and comes back, has been waiting all the while. */
const BREAK_MS = 20;

interface Crowd {
  readonly timer: NodeJS.Timeout;
  /** Since when no call waits; infinite while one does. */
  quietSince: number;
}

export interface GrowthOptions {
  /** Takes pods for what waits, if there are any to be had. */
  readonly grow: (fn: FunctionState) => void;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

export class Growth {
  private readonly options: GrowthOptions;
  private readonly crowds = new Map<FunctionState, Crowd>();

  constructor(options: GrowthOptions) {
    this.options = options;
  }

  /** A call waits, and all pods of the function are full. */
  crowded(fn: FunctionState): void {
    const crowd = this.crowds.get(fn);
    if (crowd === undefined || this.options.now() - crowd.quietSince >= BREAK_MS) this.begin(fn);
    else crowd.quietSince = Number.POSITIVE_INFINITY;
  }

  /** No call of it waits any more. */
  leave(fn: FunctionState): void {
    const crowd = this.crowds.get(fn);
    if (crowd) crowd.quietSince = Math.min(crowd.quietSince, this.options.now());
  }

  stop(): void {
    for (const { timer } of this.crowds.values()) clearTimeout(timer);
    this.crowds.clear();
  }

  private begin(fn: FunctionState): void {
    clearTimeout(this.crowds.get(fn)?.timer);
    const timer = setTimeout(() => this.step(fn), STEP_MS);
    this.crowds.set(fn, { timer, quietSince: Number.POSITIVE_INFINITY });
  }

  private step(fn: FunctionState): void {
    this.crowds.delete(fn);
    if (fn.waiting === 0 || fn.removed) return;
    if (fn.hasPodUp) this.options.grow(fn);
    this.begin(fn);
  }
}
