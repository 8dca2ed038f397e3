import { setTimeout as delay } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SourceContext, TriggerSetup } from '../../source.ts';
import type { Deliveries } from '../deliveries.ts';
import { InFlight } from '../in-flight.ts';
import type { SqsConfig } from '../sqs.ts';
import { createClient, explain, LONG_POLL_SECONDS } from './client.ts';
import { eventOf } from './event.ts';
import { Receipts } from './receipts.ts';

const MAX_RECEIVE = 10;
/** Requests for messages at the same time, while the queue has plenty. */
const MAX_REQUESTS = 5;
const LAG_MS = 15_000;
const LAST_POLL_MS = 500;

/** Hands over messages until the signal aborts; gives those back that were not delivered by then. */
export async function consume(
  setup: TriggerSetup<SqsConfig>,
  deliveries: Deliveries,
  context: SourceContext,
): Promise<void> {
  const client = createClient(setup);
  try {
    await new SqsConsumer(client, setup.config, deliveries, context).run();
  } catch (error) {
    throw explain(error, setup.config);
  } finally {
    client.destroy();
  }
}

class SqsConsumer {
  readonly #client: SQSClient;
  readonly #config: SqsConfig;
  readonly #deliveries: Deliveries;
  readonly #context: SourceContext;
  readonly #receipts: Receipts;
  readonly #inFlight = new InFlight();
  readonly #polling = new AbortController();
  readonly #polled = Promise.withResolvers<void>();
  readonly #aborted = Promise.withResolvers<void>();
  /** The trigger is about to stop: what is held will be given back, and nothing more is received. */
  #refused = false;

  constructor(client: SQSClient, config: SqsConfig, deliveries: Deliveries, context: SourceContext) {
    this.#client = client;
    this.#config = config;
    this.#deliveries = deliveries;
    this.#context = context;
    this.#receipts = new Receipts(client, config.queueUrl, context.log);
  }

  async run(): Promise<void> {
    const { signal } = this.#context;
    const { visibilityTimeoutSeconds: seconds } = this.#config;
    let ended: Promise<void> | undefined;
    const onAbort = () => {
      ended = this.#end();
    };
    if (signal.aborted) return;
    signal.addEventListener('abort', onAbort);
    const extending = setInterval(() => void this.#receipts.extend(seconds), (seconds * 1_000) / 3);
    const measuring = setInterval(() => void this.#reportLag(), LAG_MS);
    try {
      await this.#poll();
    } catch (error) {
      // Others may be under way.
      this.#polling.abort();
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      clearInterval(extending);
      clearInterval(measuring);
      this.#polled.resolve();
      await ended;
    }
    await this.#inFlight.settled();
    await this.#receipts.giveBack();
  }

  async #poll(): Promise<void> {
    const { signal, connected } = this.#context;
    let plenty = false;
    for (let first = true; !signal.aborted; first = false) {
      const room = this.#config.maxInFlight - this.#inFlight.size;
      if (this.#refused) await this.#aborted.promise;
      else if (room <= 0) await this.#inFlight.next();
      else plenty = await this.#take(room, { plenty, atOnce: first });
      if (!first) continue;
      connected();
      void this.#reportLag();
    }
  }

  /** Servers hand what is given back to a poll that waits, even to one that nobody listens to any more. */
  async #end(): Promise<void> {
    this.#aborted.resolve();
    await this.#inFlight.settled();
    if ((await this.#receipts.giveBack()) > 0)
      await Promise.race([this.#polled.promise, delay(LAST_POLL_MS)]);
    this.#polling.abort();
  }

  async #handle(message: Message): Promise<void> {
    const { signal, deliver, log } = this.#context;
    const id = message.MessageId ?? '';
    const receipt = { messageId: id, handle: message.ReceiptHandle ?? '' };
    this.#receipts.hold(receipt);
    if (signal.aborted) return;
    try {
      await this.#deliveries.once(id, () => deliver([eventOf(message, this.#config)]));
    } catch (error) {
      this.#refused = true;
      log.debug({ err: error, messageId: id }, 'a message was not delivered');
      return;
    }
    try {
      await this.#receipts.delete(receipt);
      this.#deliveries.acknowledged(id);
    } catch (error) {
      log.warn({ err: error, messageId: id }, 'a message was not deleted and will come again');
    }
  }

  /** Hands over what comes first, at most so many. @returns whether the queue gave all that it was asked for */
  async #take(room: number, { plenty, atOnce }: { plenty: boolean; atOnce: boolean }): Promise<boolean> {
    const requests = plenty ? Math.min(MAX_REQUESTS, Math.ceil(room / MAX_RECEIVE)) : 1;
    const full = await Promise.all(
      Array.from({ length: requests }, async (_, index) => {
        const wanted = Math.min(room - index * MAX_RECEIVE, MAX_RECEIVE);
        // One waits when there is nothing; the others only help it while there is.
        const messages = await this.#receive(wanted, atOnce || index > 0);
        for (const message of messages) this.#inFlight.add(this.#handle(message));
        return messages.length === wanted;
      }),
    );
    return full.every((each) => each);
  }

  async #receive(count: number, atOnce: boolean): Promise<Message[]> {
    const { queueUrl, visibilityTimeoutSeconds } = this.#config;
    const { Messages } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: count,
        WaitTimeSeconds: atOnce ? 0 : LONG_POLL_SECONDS,
        VisibilityTimeout: visibilityTimeoutSeconds,
        MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId', 'SequenceNumber'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: this.#polling.signal },
    );
    return Messages ?? [];
  }

  async #reportLag(): Promise<void> {
    const { signal, lag, log } = this.#context;
    try {
      const { Attributes } = await this.#client.send(
        new GetQueueAttributesCommand({
          QueueUrl: this.#config.queueUrl,
          AttributeNames: ['ApproximateNumberOfMessages'],
        }),
        { abortSignal: signal },
      );
      lag(Number(Attributes?.ApproximateNumberOfMessages ?? 0));
    } catch (error) {
      if (!signal.aborted) log.debug({ err: error }, 'the lag could not be asked for');
    }
  }
}
