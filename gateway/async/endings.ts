/** Writes down what became of deliveries, and what follows from it: outcomes to be told, dead letters, waits. */
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Metrics } from '#gateway/metrics/metrics.ts';
import type { CallStore, Finish, TakenCall } from './call-store.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { StoredRequest } from './message.ts';
import type { Destinations, OutcomeQueue } from './outcomes/outcome-queue.ts';

/** Between two tries to write something down. */
const INSIST_MS = 1_000;

export interface EndingsOptions {
  readonly redis: Redis;
  readonly store: CallStore;
  readonly deadLetters: DeadLetters;
  readonly outcomes: OutcomeQueue;
  readonly metrics: Pick<Metrics, 'asyncFinished'>;
  /** A call was put off by so many milliseconds. */
  readonly onPutOff: (ms: number) => void;
  readonly log: Logger;
}

export interface Opened {
  readonly head: StoredRequest;
  readonly body: Buffer;
}

/** An end that somebody may want to be told of. */
export interface Ending extends Finish {
  readonly destinations: Destinations;
  /** Why it is put away when it failed: a word and a sentence. */
  readonly why: readonly [reason: string, detail: string];
}

export class Endings {
  private readonly options: EndingsOptions;
  private failing = false;
  private closed = false;

  constructor(options: EndingsOptions) {
    this.options = options;
  }

  /** Insists no longer: what is not written down by now stays in hand by the books, to be taken over. */
  close(): void {
    this.closed = true;
  }

  /** @param began false when the delivery never began: then it does not count */
  async putBack(call: TakenCall, pauseMs: number, began: boolean): Promise<void> {
    const { redis, store, onPutOff } = this.options;
    const outcome = await this.insist(() => store.putBack(redis, call.id, pauseMs, began));
    if (outcome === 'queued') onPutOff(pauseMs);
    else if (outcome === 'cancel') await this.finish(call, { state: 'cancelled', attempts: call.attempt });
  }

  /** The end itself comes last: whoever dies in between leaves all of it to be done again. */
  async end(call: TakenCall, { head, body }: Opened, ending: Ending): Promise<void> {
    const { outcomes, deadLetters } = this.options;
    const { id, functionKey } = call;
    const { destinations, why, ...finish } = ending;
    await this.insist(() => outcomes.add(id, destinations, head.callback, head.hops ?? 0));
    if (ending.state === 'failed') {
      const [reason, detail] = why;
      const { attempts } = ending;
      const letter = { id, functionKey, request: head, body, attempts, reason, detail };
      await this.insist(() => deadLetters.add(letter));
    }
    await this.finish(call, finish);
  }

  /** Only the end, of which nobody is told. */
  async finish({ id, functionKey }: TakenCall, finish: Finish): Promise<void> {
    const { redis, store, metrics, deadLetters } = this.options;
    const state = await this.insist(() => store.finish(redis, id, functionKey, finish));
    if (state !== undefined) metrics.asyncFinished.inc({ result: state });
    // Somebody cancelled it just now.
    if (finish.state === 'failed' && state === 'cancelled') await this.insist(() => deadLetters.remove(id));
  }

  /**
   * Writes something down, however long a full Redis refuses it: given up, the call would be delivered again, and again.
   * Its slot is held meanwhile, so that there are no more of them.
   */
  private async insist<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const written = await write();
        this.failing = false;
        return written;
      } catch (error) {
        if (this.closed) throw error;
        if (!this.failing) this.options.log.warn({ err: error }, 'deliveries cannot be written down');
        this.failing = true;
      }
      await new Promise((resolve) => setTimeout(resolve, INSIST_MS));
    }
  }
}
