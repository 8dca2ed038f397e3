/** What one run of a source has handed over and not yet settled, and how the run ends. */
import type { SourceContext, TriggerEvent } from '../source.ts';

/** Most events that a run holds at the same time, and bytes of their data. */
const MAX_EVENTS = 1_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** What of one run is in hand. */
export interface Held {
  readonly events: number;
  readonly bytes: number;
}

export class Session {
  /** Aborts when the trigger stops or the run has failed: nothing is to be read any more. */
  readonly signal: AbortSignal;
  /** Resolves at the same time. */
  readonly over: Promise<void>;
  private readonly context: SourceContext;
  private readonly failed = new AbortController();
  private failure: Error | undefined;
  private events = 0;
  private bytes = 0;
  private waiting: (() => void)[] = [];

  constructor(context: SourceContext) {
    this.context = context;
    this.signal = AbortSignal.any([context.signal, this.failed.signal]);
    this.over = new Promise((resolve) => {
      const end = () => {
        resolve();
        this.wake();
      };
      if (this.signal.aborted) end();
      else this.signal.addEventListener('abort', end, { once: true });
    });
  }

  /** Events that were handed over and are not settled. */
  get inHand(): number {
    return this.events;
  }

  /** Ends the run; the first error is the one that {@link end} throws. */
  fail(error: Error): void {
    this.failure ??= error;
    this.failed.abort();
  }

  /**
   * Hands an event over. `acknowledge` is called once it may be acknowledged, `giveBack` when it must not be. What
   * the first throws, and a rejected delivery, end the run.
   */
  give(event: TriggerEvent, acknowledge: () => Promise<void> | void, giveBack?: () => void): void {
    this.events += 1;
    this.bytes += event.data.length;
    this.context
      .deliver([event])
      .catch((error: unknown) => {
        giveBack?.();
        throw error;
      })
      .then(acknowledge)
      .catch((error: unknown) => this.fail(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        this.events -= 1;
        this.bytes -= event.data.length;
        this.wake();
      });
  }

  /** Resolves when there is room for another event, or the run is over. */
  async room(): Promise<void> {
    while (!this.signal.aborted && (this.events >= MAX_EVENTS || this.bytes >= MAX_BYTES)) {
      await this.changed();
    }
  }

  /**
   * Whether one of several parts of a source, of which so much is in hand, may have another event there: as long as it
   * holds less than is free. So one that stands still takes half of the room, and others find some in what is left; see
   * Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", 1998.
   */
  hasRoomBeside({ events, bytes }: Held): boolean {
    return events < MAX_EVENTS - this.events && bytes < MAX_BYTES - this.bytes;
  }

  /**
   * Waits for what was handed over, so that no run has events of which the next one reads the same or later
   * ones: only so is the order kept.
   */
  async settle(): Promise<void> {
    while (this.events > 0) await this.changed();
  }

  /** Throws what made the run fail, unless the trigger has stopped. */
  rethrow(): void {
    if (this.failure && !this.context.signal.aborted) throw this.failure;
  }

  /** Resolves when something is settled, or the run is over: a race with {@link over} would leave its traces there. */
  changed(): Promise<void> {
    return new Promise((resolve) => void this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
