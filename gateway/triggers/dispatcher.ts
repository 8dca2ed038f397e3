/** From the events of one run of a source to calls of the function: batches, order, and how many at once. */
import type { Clock } from '#kube/clock.ts';
import { Lanes, type Waiting } from './lanes.ts';
import { type Sender, type SendResult, TriggerStopped } from './sender.ts';
import type { TriggerEvent } from './source.ts';

export interface DispatcherOptions {
  readonly sender: Pick<Sender, 'send'>;
  readonly clock: Clock;
  readonly maxEvents: number;
  readonly maxWaitMs: number;
  /** Calls at the same time. */
  readonly concurrency: number;
  readonly onResult: (result: SendResult, events: number) => void;
}

interface Item extends Waiting {
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

export class Dispatcher {
  private readonly options: DispatcherOptions;
  private readonly lanes = new Lanes<Item>();
  private readonly closing = new AbortController();
  private readonly cancelling = new AbortController();
  private running = 0;
  private cancelTimer: (() => void) | undefined;
  private idle: PromiseWithResolvers<void> | undefined;

  constructor(options: DispatcherOptions) {
    this.options = options;
  }

  /** As `deliver` of a source's context. */
  deliver(events: readonly TriggerEvent[]): Promise<void> {
    const delivered = this.enqueue(events);
    // A source may look at it later than it rejects, which must not end the process.
    delivered.catch(() => {});
    return delivered;
  }

  private async enqueue(events: readonly TriggerEvent[]): Promise<void> {
    if (this.closing.signal.aborted) throw new TriggerStopped('the trigger stops');
    const since = this.options.clock.monotonic();
    const each = events.map(
      (event) =>
        new Promise<void>((done, failed) => {
          this.lanes.push({ event, since, done, failed });
        }),
    );
    this.pump();
    await Promise.all(each);
  }

  /**
   * Begins no further call; those that run may come to their end for this long, and what they brought can then
   * be acknowledged. The rest is given back to the source as not delivered.
   */
  async close(graceMs: number): Promise<void> {
    const { clock } = this.options;
    this.closing.abort();
    this.cancelTimer?.();
    for (const { failed } of this.lanes.clear()) failed(new TriggerStopped('the trigger stops'));
    if (this.running === 0) return;
    this.idle ??= Promise.withResolvers();
    const cancel = clock.after(graceMs, () => this.cancelling.abort());
    await this.idle.promise;
    cancel();
  }

  /** Breaks off everything at once. */
  abort(): void {
    this.cancelling.abort();
    void this.close(0);
  }

  private pump(): void {
    const { clock, maxEvents, maxWaitMs, concurrency } = this.options;
    this.cancelTimer?.();
    while (this.running < concurrency && !this.closing.signal.aborted) {
      const next = this.lanes.take(maxEvents, clock.monotonic() - maxWaitMs);
      if (typeof next === 'number') {
        this.cancelTimer = clock.after(next + maxWaitMs - clock.monotonic(), () => this.pump());
        return;
      }
      if (next.length === 0) return;
      void this.run(next);
    }
  }

  private async run(batch: readonly Item[]): Promise<void> {
    const { sender, maxEvents, onResult } = this.options;
    this.running += 1;
    const signals = { closing: this.closing.signal, cancel: this.cancelling.signal };
    try {
      const events = batch.map(({ event }) => event);
      const result = await sender.send(events, maxEvents > 1, signals);
      onResult(result, batch.length);
      for (const { done } of batch) done();
    } catch (error) {
      for (const { failed } of batch) failed(error as Error);
    } finally {
      this.running -= 1;
      this.lanes.done(batch);
      if (this.running === 0) this.idle?.resolve();
      this.pump();
    }
  }
}
