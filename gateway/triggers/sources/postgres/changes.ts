/** Logical replication: every changed row is an event, and the log is confirmed once it is delivered. */
import type { SourceContext, TriggerEvent } from '#gateway/triggers/source.ts';
import { createDecoder } from './change-events.ts';
import { Confirmation } from './confirmation.ts';
import { connect, type PostgresConfig, type PostgresSetup } from './connect.ts';
import { startReplication } from './replication-stream.ts';
import { prepareSlot, type Slot } from './slot.ts';
import { sourceOf } from './source-uri.ts';

/** Rows in hand above which no more are read. */
const MAX_WAITING = 1_000;
/** Rows that are handed over together at most. */
const MAX_TOGETHER = 100;

/** Runs until the signal aborts or the connection breaks, which rejects. */
export async function followChanges(
  setup: PostgresSetup,
  changes: NonNullable<PostgresConfig['changes']>,
  context: SourceContext,
): Promise<void> {
  const slot = await prepare(setup, changes, context.signal);
  const { client, broken, close } = await connect(setup, { signal: context.signal, replication: true });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const confirmation = new Confirmation(slot.confirmed);
  const decode = createDecoder({ source: sourceOf(setup.config), key: slot.name });
  let collected: { event: TriggerEvent; done: () => void }[] = [];

  const flush = () => {
    const batch = collected;
    collected = [];
    if (batch.length === 0) return;
    context.deliver(batch.map(({ event }) => event)).then(() => {
      for (const { done } of batch) done();
      context.lag(confirmation.waiting);
      if (confirmation.waiting < MAX_WAITING) stream.resume();
    }, reject);
  };
  const take = (event: TriggerEvent) => {
    // What one read of the socket brings goes together.
    if (collected.length === 0) setImmediate(flush);
    collected.push({ event, done: confirmation.row() });
    if (collected.length >= MAX_TOGETHER) flush();
    if (confirmation.waiting >= MAX_WAITING) stream.pause();
  };
  const stream = startReplication(client, {
    slot: slot.name,
    publication: slot.publication,
    from: slot.confirmed,
    confirmed: () => confirmation.position,
    onStart() {
      context.lag(0);
      context.connected();
    },
    onKeepAlive: (walEnd) => confirmation.idle(walEnd),
    onMessage(message) {
      const step = decode(message);
      if (step?.kind === 'begin') confirmation.begin();
      else if (step?.kind === 'commit') confirmation.commit(step.end);
      for (const event of step?.kind === 'rows' ? step.events : []) take(event);
      context.lag(confirmation.waiting);
    },
  });
  try {
    await Promise.race([broken, stream.broken, failed]);
  } finally {
    stream.stop();
    collected = [];
    // Saves those that are delivered from being sent again.
    if (client.connection.stream.writable) stream.confirm();
    await close();
  }
}

async function prepare(
  setup: PostgresSetup,
  changes: NonNullable<PostgresConfig['changes']>,
  signal: AbortSignal,
): Promise<Slot> {
  const { client, broken, close } = await connect(setup, { signal });
  try {
    return await Promise.race([prepareSlot(client, setup, changes), broken]);
  } finally {
    await close();
  }
}
