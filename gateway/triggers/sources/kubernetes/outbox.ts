/** Changes on their way to the function. */
import type { SourceContext, TriggerEvent } from '#gateway/triggers/source.ts';
import type { Change } from '#kube/cache.ts';
import type { KubeObject } from '#kube/resource.ts';

/** Changes in hand above which the watch is not read; the API server then keeps them, or has us list again. */
const MAX_WAITING = 1_000;

export class Outbox {
  private readonly undelivered = new Set<Change<KubeObject>>();
  private readonly context: SourceContext;
  private readonly failed: (error: unknown) => void;
  private freed = Promise.withResolvers<void>();

  /** @param failed called when a delivery rejects */
  constructor(context: SourceContext, failed: (error: unknown) => void) {
    this.context = context;
    this.failed = failed;
  }

  get full(): boolean {
    return this.undelivered.size >= MAX_WAITING;
  }

  /** What was sent and is not delivered, in order. */
  get rest(): Change<KubeObject>[] {
    return [...this.undelivered];
  }

  send(change: Change<KubeObject>, events: readonly TriggerEvent[]): void {
    this.undelivered.add(change);
    this.context.lag(this.undelivered.size);
    this.context.deliver(events).then(() => this.delivered(change), this.failed);
  }

  /** Resolves when there is room for a change, or the signal aborts. */
  async room(signal: AbortSignal): Promise<void> {
    if (!this.full || signal.aborted) return;
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const abort = () => resolve();
    signal.addEventListener('abort', abort, { once: true });
    while (this.full && !signal.aborted) await Promise.race([this.freed.promise, aborted]);
    signal.removeEventListener('abort', abort);
  }

  private delivered(change: Change<KubeObject>): void {
    this.undelivered.delete(change);
    this.context.lag(this.undelivered.size);
    this.freed.resolve();
    this.freed = Promise.withResolvers<void>();
  }
}
