/**
 * Has functions take more pods from their pool while calls wait although pods are up. The autoscaler looks at averages, and
 * what it starts takes a second or more; a spike needs pods within milliseconds.
 */
import type { FunctionState } from '#gateway/functions/function-state.ts';

/** Calls wait for so long without a break before the function grows; and then each time again. */
const STEP_MS = 100;

export class Growth {
  private readonly grow: (fn: FunctionState) => void;
  private readonly timers = new Map<FunctionState, NodeJS.Timeout>();

  /** @param grow takes pods for what waits, if there are any to be had */
  constructor(grow: (fn: FunctionState) => void) {
    this.grow = grow;
  }

  /** A call waits, and all pods of the function are full. */
  crowded(fn: FunctionState): void {
    if (this.timers.has(fn)) return;
    this.timers.set(
      fn,
      setTimeout(() => this.step(fn), STEP_MS),
    );
  }

  /** No call of it waits any more. */
  leave(fn: FunctionState): void {
    clearTimeout(this.timers.get(fn));
    this.timers.delete(fn);
  }

  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private step(fn: FunctionState): void {
    this.timers.delete(fn);
    if (fn.waiting === 0 || fn.removed) return;
    if (fn.hasPodUp) this.grow(fn);
    this.crowded(fn);
  }
}
