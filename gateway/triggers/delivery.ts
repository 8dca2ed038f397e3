/** What brings the events of a trigger to its function, and counts them. */
import type { Logger } from 'pino';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import type { DeadLetterSink } from '#gateway/async/dead-letters.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import type { Clock } from '#kube/clock.ts';
import { Dispatcher } from './dispatcher.ts';
import { Sender } from './sender.ts';
import type { TriggerBook } from './trigger-book.ts';

export interface DeliveryOptions {
  readonly invoker: Pick<Invoker, 'table' | 'call'>;
  readonly deadLetters: DeadLetterSink;
  readonly book: TriggerBook;
  readonly clock: Clock;
}

export class Delivery {
  private readonly options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.options = options;
  }

  /** @param owned whether this gateway may deliver events of the trigger at this moment */
  dispatcher(functionKey: string, spec: TriggerSpec, log: Logger, owned: () => boolean): Dispatcher {
    const { invoker, deadLetters, book, clock } = this.options;
    const { name, type, batch, concurrency } = spec;
    const counts = book.countsOf({ functionKey, name, type });
    const onRetry = (events: number) => {
      counts.retried += events;
    };
    return new Dispatcher({
      sender: new Sender({ functionKey, invoker, deadLetters, clock, log, owned, onRetry }),
      clock,
      maxEvents: batch.maxEvents,
      maxWaitMs: batch.maxWaitMilliseconds,
      concurrency,
      onResult: (result, events) => {
        counts[result] += events;
      },
    });
  }
}
