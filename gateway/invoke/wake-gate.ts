/**
 * Keeps a crowd of sleeping functions from starting pods all at once: a cluster starts so many pods in a second
 * and no more, and when all start together the first is ready hardly before the last. Functions take their turn
 * in the order in which they came; one that gets a warm pod meanwhile needs no turn any more.
 */
import type { FunctionState } from '#gateway/functions/function-state.ts';

/** More than a small cluster can start in the time of one cold start; a large one has more gateways as well. */
const DEFAULT_LIMIT = 8;
/** A function whose pod does not come up, for whatever reason, holds up the others for this long at most. */
const TURN_MS = 10_000;

export interface WakeGateOptions {
  /** Begins to wake the function. */
  readonly wake: (fn: FunctionState) => void;
  readonly limit?: number;
}

export class WakeGate {
  private readonly options: WakeGateOptions;
  private readonly waiting = new Set<FunctionState>();
  private readonly starting = new Map<FunctionState, NodeJS.Timeout>();

  constructor(options: WakeGateOptions) {
    this.options = options;
  }

  /** Wakes the function, at once or when it is its turn. To be called again as long as it has to be woken. */
  enter(fn: FunctionState): void {
    if (this.starting.has(fn)) this.options.wake(fn);
    else if (this.starting.size < (this.options.limit ?? DEFAULT_LIMIT)) this.begin(fn);
    else this.waiting.add(fn);
  }

  /** It has its turn. */
  isStarting(fn: FunctionState): boolean {
    return this.starting.has(fn);
  }

  /** It has a pod, or nothing to do any more. */
  leave(fn: FunctionState): void {
    this.waiting.delete(fn);
    clearTimeout(this.starting.get(fn));
    if (this.starting.delete(fn)) this.next();
  }

  stop(): void {
    for (const timer of this.starting.values()) clearTimeout(timer);
    this.starting.clear();
    this.waiting.clear();
  }

  private begin(fn: FunctionState): void {
    const timer = setTimeout(() => this.leave(fn), TURN_MS);
    this.starting.set(fn, timer);
    this.options.wake(fn);
  }

  private next(): void {
    const [fn] = this.waiting;
    if (fn === undefined) return;
    this.waiting.delete(fn);
    this.begin(fn);
  }
}
