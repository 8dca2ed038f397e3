/**
 * Fetches waiting calls from Redis whenever this gateway has room for any, and keeps count of what it has in hand. One
 * request for more is under way at a time; every change that may allow more asks again.
 */
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { FunctionTable } from '#gateway/functions/function-table.ts';
import type { CallStore, TakenCall } from './call-store.ts';
import type { Slots } from './slots.ts';

/** Calls fetched by one request. */
const BATCH = 64;
/** Requests that are held in memory for delivery, in bytes; one batch may exceed it. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** In case a notice was missed. */
const POLL_MS = 1_000;
const FAILURE_PAUSE_MS = 500;

export interface DispatcherOptions {
  readonly redis: Redis;
  readonly store: CallStore;
  readonly slots: Slots;
  readonly table: FunctionTable;
  /** Whether the function table is complete: before, nothing is delivered. */
  readonly synced: () => boolean;
  /** Delivers one call; never rejects. */
  readonly deliver: (call: TakenCall) => Promise<void>;
  readonly log: Logger;
}

export class Dispatcher {
  private readonly options: DispatcherOptions;
  private readonly hand = new Map<string, string>();
  private heldBytes = 0;
  private claiming = false;
  private again = false;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private failing = false;

  constructor(options: DispatcherOptions) {
    this.options = options;
  }

  start(): void {
    this.wakeIn(0);
  }

  /** Fetches no more; what is in hand goes on. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Calls in this gateway's hand. */
  get inHand(): ReadonlyMap<string, string> {
    return this.hand;
  }

  /** Whether a call of the function that is accepted now can be delivered at once; pair with {@link run} or `slots.give`. */
  reserve(functionKey: string): boolean {
    const { slots, table, synced } = this.options;
    const fn = table.get(functionKey);
    if (this.stopped || fn === undefined || !synced() || this.heldBytes >= MAX_HELD_BYTES) return false;
    if (slots.headroom(fn) <= 0) return false;
    slots.take(functionKey, fn);
    return true;
  }

  /** Delivers a call whose slot is taken. */
  run(call: TakenCall): void {
    const { id, functionKey, sealed } = call;
    this.hand.set(id, functionKey);
    this.heldBytes += sealed.length;
    void this.options.deliver(call).finally(() => {
      this.hand.delete(id);
      this.heldBytes -= sealed.length;
      this.options.slots.give(functionKey);
      this.kick();
    });
  }

  /** There may be work. */
  kick(): void {
    if (this.claiming) this.again = true;
    else if (!this.stopped && this.options.slots.free > 0 && this.options.synced()) void this.claimAll();
  }

  /** There will be work in so many milliseconds. */
  wakeIn(ms: number): void {
    const delayMs = Math.ceil(Math.min(ms, POLL_MS));
    const at = performance.now() + delayMs;
    if (this.stopped || at >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(() => {
      this.timerAt = Number.POSITIVE_INFINITY;
      this.kick();
      this.wakeIn(POLL_MS);
    }, delayMs);
  }

  private async claimAll(): Promise<void> {
    this.claiming = true;
    try {
      do {
        this.again = false;
      } while ((await this.claimSome()) || this.again);
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.options.log.warn({ err: error }, 'asynchronous calls cannot be fetched');
      this.failing = true;
      this.wakeIn(FAILURE_PAUSE_MS);
    } finally {
      this.claiming = false;
    }
  }

  /** Whether there may be more. */
  private async claimSome(): Promise<boolean> {
    const { redis, store, slots, table } = this.options;
    const calls = Math.min(slots.free, BATCH);
    const bytes = MAX_HELD_BYTES - this.heldBytes;
    if (this.stopped || calls <= 0 || bytes <= 0) return false;
    const claimed = await store.claim(redis, {
      calls,
      bytes,
      headrooms: slots.headrooms(),
      headroomOfOthers: slots.headroomOfOthers,
    });
    for (const call of claimed.calls) {
      slots.take(call.functionKey, table.get(call.functionKey));
      this.run(call);
    }
    this.wakeIn(Math.min(claimed.nextDueMs ?? POLL_MS, slots.shortestPauseMs ?? POLL_MS));
    return claimed.calls.length > 0;
  }
}
