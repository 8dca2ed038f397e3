/**
 * Who may have further deliveries at this gateway. A function never has more than it could run, nor more than are still
 * free: alone it gets half of all slots, N functions an Nth each with one share left for who comes next. So there is always
 * a free slot for a function that has nothing running.
 */
import type { FunctionState } from '#gateway/functions/function-state.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';

/** Deliveries under way at once in one gateway. */
export const DELIVERY_SLOTS = 256;

interface Entry {
  running: number;
  readonly adaptive: AdaptiveLimit;
  fn: FunctionState | undefined;
}

export class Slots {
  private readonly now: () => number;
  private readonly all: number;
  private readonly entries = new Map<string, Entry>();
  private inUse = 0;
  /** Gateways among which a function's capacity is shared. */
  gateways = 1;

  constructor(now: () => number, all = DELIVERY_SLOTS) {
    this.now = now;
    this.all = all;
  }

  get free(): number {
    return this.all - this.inUse;
  }

  get running(): number {
    return this.inUse;
  }

  /** Functions that get fewer deliveries than they could, because of what they answered. */
  get heldBack(): number {
    let count = 0;
    for (const { adaptive } of this.entries.values()) if (!adaptive.isOpen) count += 1;
    return count;
  }

  runningOf(functionKey: string): number {
    return this.entries.get(functionKey)?.running ?? 0;
  }

  /** Of the functions with anything running or held back; every other function has {@link headroomOfOthers}. */
  *headrooms(): Generator<readonly [functionKey: string, headroom: number]> {
    for (const [key, entry] of this.entries) {
      if (entry.running === 0 && entry.adaptive.isOpen) this.entries.delete(key);
      else yield [key, this.headroomOf(entry)];
    }
  }

  /** One, until it is known how many such a function can run. */
  get headroomOfOthers(): number {
    return this.free > 0 ? 1 : 0;
  }

  headroom(fn: FunctionState): number {
    const entry = this.entries.get(fn.key);
    return entry ? this.headroomOf(entry) : Math.min(this.fairShare(0), this.capacityOf(fn));
  }

  /** Until the first of the paused functions may go on; undefined when none is paused. */
  get shortestPauseMs(): number | undefined {
    let shortest: number | undefined;
    for (const { adaptive } of this.entries.values()) {
      const pause = adaptive.pausedForMs;
      if (pause > 0) shortest = Math.min(shortest ?? pause, pause);
    }
    return shortest;
  }

  /** @param fn undefined when the function is not known here */
  take(functionKey: string, fn: FunctionState | undefined): void {
    const entry = this.entries.get(functionKey) ?? {
      running: 0,
      adaptive: new AdaptiveLimit(this.now),
      fn,
    };
    entry.fn = fn;
    entry.running += 1;
    this.inUse += 1;
    this.entries.set(functionKey, entry);
  }

  give(functionKey: string): void {
    const entry = this.entries.get(functionKey);
    if (entry === undefined) return;
    entry.running -= 1;
    this.inUse -= 1;
    if (entry.running === 0 && entry.adaptive.isOpen) this.entries.delete(functionKey);
  }

  /** A delivery was answered; `startedAt` of this clock, and before its slot is given back. */
  answered(
    fn: FunctionState,
    answer: { throttled: boolean; startedAt: number; retryAfterMs?: number | undefined },
  ): void {
    const entry = this.entries.get(fn.key);
    if (entry === undefined) return;
    if (answer.throttled) entry.adaptive.throttled(answer.startedAt, entry.running, answer.retryAfterMs);
    else entry.adaptive.succeeded(this.capacityOf(fn));
  }

  private headroomOf({ running, adaptive, fn }: Entry): number {
    if (fn === undefined) return 0;
    return Math.max(0, Math.min(adaptive.limit(this.capacityOf(fn)) - running, this.fairShare(running)));
  }

  /** So many more that it has no more than what is then free. */
  private fairShare(running: number): number {
    return Math.ceil((this.free - running) / 2);
  }

  /** What it can run, this gateway's part of it. */
  private capacityOf({ limits }: FunctionState): number {
    return Math.ceil((limits.concurrency * limits.maxReplicas) / Math.max(1, this.gateways));
  }
}
