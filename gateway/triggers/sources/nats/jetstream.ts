import { once } from 'node:events';
import { type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { SourceContext, TriggerSetup } from '../../source.ts';
import type { Deliveries } from '../deliveries.ts';
import { InFlight } from '../in-flight.ts';
import type { NatsConfig } from '../nats.ts';
import { Together } from '../together.ts';
import { ensureConsumer, type JetStreamConfig } from './consumer.ts';
import { eventOf, type StreamPosition, streamId } from './event.ts';

const NANOS_PER_MS = 1_000_000;
const LAG_MS = 5_000;
/** Asked for at a time; the consumer's own bound on messages in flight holds beside it. */
const MAX_PULL = 500;
/** How long a pull waits for messages, and thus how long stopping takes; less is not allowed. */
const PULL_MS = 1_000;
const ACK_TIMEOUT_MS = 5_000;

interface Handled {
  readonly message: JsMsg;
  /** Of its event. */
  readonly id: string;
}

/** Hands over messages of a stream until the signal aborts; gives those back that were not delivered by then. */
export async function runJetStream(
  connection: NatsConnection,
  setup: TriggerSetup<NatsConfig>,
  config: JetStreamConfig,
  deliveries: Deliveries,
  { signal, log, connected, lag, deliver }: SourceContext,
): Promise<void> {
  const manager = await jetstreamManager(connection);
  const info = await ensureConsumer(manager, setup, config);
  const consumer = await jetstream(connection, { timeout: ACK_TIMEOUT_MS }).consumers.get(
    config.stream,
    info.name,
  );
  const inFlight = new InFlight();
  const held = new Set<JsMsg>();
  let refused = false;

  const handle = async (message: JsMsg): Promise<void> => {
    const position = positionOf(message);
    const id = streamId(position);
    held.add(message);
    if (signal.aborted) return;
    try {
      await deliveries.once(id, () => deliver([eventOf(message, position, setup.config, message.time)]));
    } catch (error) {
      // The trigger is about to stop: what it holds is given back then, and it pulls no more.
      refused = true;
      log.debug({ err: error, sequence: message.seq }, 'a message was not delivered');
      return;
    }
    await acknowledgements.add({ message, id });
  };
  const acknowledge = async ({ message, id }: Handled): Promise<void> => {
    try {
      // Without the server's answer it may come again: then the delivery is still known.
      if (await message.ackAck()) deliveries.acknowledged(id);
      held.delete(message);
    } catch (error) {
      log.debug({ err: error, sequence: message.seq }, 'a message was not acknowledged');
    }
  };
  // Each by itself would be a write to the socket of its own.
  const acknowledgements = new Together<Handled>(async (all) => {
    await Promise.all(all.map(acknowledge));
  });

  const workingMs = (info.config.ack_wait ?? 0) / NANOS_PER_MS / 3;
  const extending = setInterval(() => {
    for (const message of held) message.working();
  }, workingMs);
  const reportLag = () =>
    void consumer.info().then(
      ({ num_pending }) => lag(num_pending),
      (error) => log.debug({ err: error }, 'the lag could not be asked for'),
    );
  const measuring = setInterval(reportLag, LAG_MS);
  const max_messages = Math.min(info.config.max_ack_pending ?? MAX_PULL, MAX_PULL);
  try {
    connected();
    lag(info.num_pending);
    // Each pull is waited for, also the last: the server hands what is given back to any that waits, heard or not.
    while (!signal.aborted) {
      if (refused) {
        await once(signal, 'abort');
        break;
      }
      for await (const message of await consumer.fetch({ max_messages, expires: PULL_MS })) {
        inFlight.add(handle(message));
      }
    }
    await inFlight.settled();
    // In the order of the stream: the server hands them out again in the order in which they come back.
    for (const message of [...held].sort((a, b) => a.seq - b.seq)) message.nak();
  } finally {
    clearInterval(extending);
    clearInterval(measuring);
  }
}

const positionOf = (message: JsMsg): StreamPosition => ({
  stream: message.info.stream,
  sequence: message.seq,
  timestampNanos: message.timestampNanos,
});
