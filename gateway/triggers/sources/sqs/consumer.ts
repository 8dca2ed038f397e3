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
const LAG_MS = 15_000;
const LAST_POLL_MS = 500;

/** Hands over messages until the signal aborts; gives those back that were not delivered by then. */
export async function consume(
  setup: TriggerSetup<SqsConfig>,
  deliveries: Deliveries,
  context: SourceContext,
): Promise<void> {
  const { config } = setup;
  const { signal, log, connected, deliver } = context;
  const client = createClient(setup);
  const receipts = new Receipts(client, config.queueUrl, log);
  const inFlight = new InFlight();

  const handle = async (message: Message): Promise<void> => {
    const id = message.MessageId ?? '';
    const receipt = { messageId: id, handle: message.ReceiptHandle ?? '' };
    receipts.hold(receipt);
    if (signal.aborted) return;
    try {
      await deliveries.once(id, () => deliver([eventOf(message, config)]));
      await receipts.delete(receipt);
      deliveries.acknowledged(id);
    } catch (error) {
      log.debug({ err: error, messageId: id }, 'a message was not deleted');
    }
  };

  const polling = new AbortController();
  const ending = Promise.withResolvers<void>();
  const end = async (): Promise<void> => {
    ending.resolve();
    await inFlight.settled();
    // Servers hand what is given back to a poll that waits, even to one that nobody listens to any more.
    if ((await receipts.giveBack()) > 0) await Promise.race([polled.promise, delay(LAST_POLL_MS)]);
    polling.abort();
  };
  const polled = Promise.withResolvers<void>();
  const onAbort = () => void end();
  signal.addEventListener('abort', onAbort);
  const extending = setInterval(
    () => void receipts.extend(config.visibilityTimeoutSeconds),
    (config.visibilityTimeoutSeconds * 1_000) / 3,
  );
  const measuring = setInterval(() => void reportLag(client, config, context), LAG_MS);
  try {
    for (let first = true; !signal.aborted; first = false) {
      const room = config.maxInFlight - inFlight.size;
      if (room <= 0) {
        await Promise.race([inFlight.next(), ending.promise]);
        continue;
      }
      const waitSeconds = first ? 0 : LONG_POLL_SECONDS;
      for (const message of await receive(client, config, room, waitSeconds, polling.signal)) {
        inFlight.add(handle(message));
      }
      if (!first) continue;
      connected();
      void reportLag(client, config, context);
    }
  } catch (error) {
    if (!signal.aborted) throw explain(error, config);
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearInterval(extending);
    clearInterval(measuring);
    polled.resolve();
    if (signal.aborted) {
      await inFlight.settled();
      await receipts.giveBack();
    }
    client.destroy();
  }
}

async function receive(
  client: SQSClient,
  config: SqsConfig,
  room: number,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Message[]> {
  const { Messages } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: config.queueUrl,
      MaxNumberOfMessages: Math.min(room, MAX_RECEIVE),
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: config.visibilityTimeoutSeconds,
      MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId', 'SequenceNumber'],
      MessageAttributeNames: ['All'],
    }),
    { abortSignal: signal },
  );
  return Messages ?? [];
}

async function reportLag(
  client: SQSClient,
  config: SqsConfig,
  { signal, lag, log }: SourceContext,
): Promise<void> {
  try {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: config.queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
      { abortSignal: signal },
    );
    lag(Number(Attributes?.ApproximateNumberOfMessages ?? 0));
  } catch (error) {
    if (!signal.aborted) log.debug({ err: error }, 'the lag could not be asked for');
  }
}
