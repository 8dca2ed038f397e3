import { type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { SourceContext, TriggerSetup } from '../../source.ts';
import type { Deliveries } from '../deliveries.ts';
import { InFlight } from '../in-flight.ts';
import type { NatsConfig } from '../nats.ts';
import { ensureConsumer, type JetStreamConfig } from './consumer.ts';
import { eventOf, type StreamPosition, streamId } from './event.ts';

const NANOS_PER_MS = 1_000_000;
const LAG_MS = 5_000;
/** Asked for at a time; the consumer's own bound on messages in flight holds beside it. */
const MAX_PULL = 500;
const ACK_TIMEOUT_MS = 5_000;
const GIVE_BACK_MS = 10;

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

  const handle = async (message: JsMsg): Promise<void> => {
    const position = positionOf(message);
    const id = streamId(position);
    held.add(message);
    try {
      await deliveries.once(id, () => deliver([eventOf(message, position, setup.config, message.time)]));
      // Without the server's answer it may come again: then the delivery is still known.
      if (await message.ackAck()) deliveries.acknowledged(id);
      held.delete(message);
    } catch (error) {
      log.debug({ err: error, sequence: message.seq }, 'a message was not acknowledged');
    }
  };

  const messages = await consumer.consume({
    max_messages: Math.min(info.config.max_ack_pending ?? MAX_PULL, MAX_PULL),
    abort_on_missing_resource: true,
  });
  const stop = () => messages.stop();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
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
  try {
    connected();
    lag(info.num_pending);
    for await (const message of messages) inFlight.add(handle(message));
    const error = await messages.closed();
    if (!signal.aborted) throw error ?? new Error('the consumer ended');
    await inFlight.settled();
    // Without a delay the server would give the first to the request that was just withdrawn, and let it wait.
    for (const message of held) message.nak(GIVE_BACK_MS);
  } finally {
    signal.removeEventListener('abort', stop);
    clearInterval(extending);
    clearInterval(measuring);
    messages.stop();
  }
}

const positionOf = (message: JsMsg): StreamPosition => ({
  stream: message.info.stream,
  sequence: message.seq,
  timestampNanos: message.timestampNanos,
});
