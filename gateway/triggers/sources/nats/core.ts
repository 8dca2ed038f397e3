import { randomUUID } from 'node:crypto';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { SourceContext, TriggerSetup } from '../../source.ts';
import { InFlight } from '../in-flight.ts';
import type { NatsConfig } from '../nats.ts';
import { eventOf } from './event.ts';

/** Core NATS knows no back-pressure: what exceeds this is dropped. */
const MAX_MESSAGES = 1_000;
const MAX_BYTES = 32 * 1024 * 1024;
const REPORT_MS = 10_000;

/** Hands over messages of a subject until the signal aborts. What is on its way then is lost. */
export async function runCore(
  connection: NatsConnection,
  { config }: TriggerSetup<NatsConfig>,
  { signal, log, connected, deliver }: SourceContext,
): Promise<void> {
  const inFlight = new InFlight();
  const failed = Promise.withResolvers<void>();
  let bytes = 0;
  let dropped = 0;

  const handle = async (message: Msg): Promise<void> => {
    const size = message.data.length;
    bytes += size;
    try {
      await deliver([eventOf(message, randomUUID(), config, new Date())]);
    } catch (error) {
      log.debug({ err: error, subject: message.subject }, 'a message of core NATS was not delivered');
    } finally {
      bytes -= size;
    }
  };
  const subscription = connection.subscribe(config.subject ?? '', {
    queue: config.queueGroup,
    callback(error, message) {
      if (error) failed.reject(error);
      else if (inFlight.size >= MAX_MESSAGES || bytes + message.data.length > MAX_BYTES) dropped += 1;
      else inFlight.add(handle(message));
    },
  });
  const report = setInterval(() => {
    if (dropped > 0) log.warn({ dropped }, 'messages of core NATS came faster than the function takes them');
    dropped = 0;
  }, REPORT_MS);
  const stop = () => failed.resolve();
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) return;
    // The answer comes after that to the subscription, which the server may refuse.
    await Promise.race([connection.flush(), failed.promise]);
    connected();
    await Promise.race([failed.promise, connection.closed()]);
  } finally {
    signal.removeEventListener('abort', stop);
    clearInterval(report);
    subscription.unsubscribe();
  }
  await inFlight.settled();
}
