/** What one run of a source has handed over and not yet settled, and how the run ends. */
import type { SourceContext, TriggerEvent } from '../source.ts';

/** Most events that a run holds at the same time, and bytes of their data. */
const MAX_EVENTS = 1_000;
const MAX_BYTES = 32 * 1024 * 1024;

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
      await this.change();
    }
  }

  /**
   * Waits for what was handed over, so that no run has events of which the next one reads the same or later
   * ones: only so is the order kept.
   */
  async settle(): Promise<void> {
    while (this.events > 0) await this.change();
  }

  /** Throws what made the run fail, unless the trigger has stopped. */
  rethrow(): void {
    if (this.failure && !this.context.signal.aborted) throw this.failure;
  }

  /** Resolves when something is settled, or the run is over: a race with {@link over} would leave its traces there. */
  private change(): Promise<void> {
    return new Promise((resolve) => void this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
