/**
 * Events that their source posts to a gateway, whichever that is: they are delivered like those of other
 * triggers, while the sender waits, and need no owner.
 */
import type { Logger } from 'pino';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import type { Clock } from '#kube/clock.ts';
import type { Delivery } from './delivery.ts';
import type { TriggerEvent } from './source.ts';

/** Common senders give up after 30 s or later, and send again. */
const PATIENCE_MS = 25_000;

export interface PostedEventsOptions {
  /** The digest of a function's trigger specs, as the function table has it. */
  readonly digestOf: (functionKey: string) => string | undefined;
  readonly loadSpecs: (functionKey: string, digest: string) => Promise<readonly TriggerSpec[]>;
  readonly delivery: Pick<Delivery, 'dispatcher'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class PostedEvents {
  private readonly options: PostedEventsOptions;

  constructor(options: PostedEventsOptions) {
    this.options = options;
  }

  /** A trigger; undefined when there is none. Rejects when that cannot be told now. */
  async find(functionKey: string, trigger: string): Promise<TriggerSpec | undefined> {
    const digest = this.options.digestOf(functionKey);
    if (digest === undefined) return undefined;
    const specs = await this.options.loadSpecs(functionKey, digest);
    return specs.find(({ name }) => name === trigger);
  }

  /**
   * Resolves when each event has succeeded or lies among the dead letters; rejects when that takes too long,
   * and then the sender must send them again.
   */
  async deliver(functionKey: string, spec: TriggerSpec, events: readonly TriggerEvent[]): Promise<void> {
    const { delivery, clock, log } = this.options;
    // One for each request: nothing of a sender that gave up stays behind.
    const own = log.child({ function: functionKey, trigger: spec.name });
    const dispatcher = delivery.dispatcher(functionKey, spec, own, () => true);
    const cancel = clock.after(PATIENCE_MS, () => dispatcher.abort());
    try {
      await dispatcher.deliver(events);
    } finally {
      cancel();
    }
  }
}
