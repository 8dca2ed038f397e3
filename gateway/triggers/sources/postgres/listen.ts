/** LISTEN: every notification on some channels is an event. */
import { randomUUID } from 'node:crypto';
import type { Notification } from 'pg';
import type { SourceContext, TriggerEvent } from '#gateway/triggers/source.ts';
import { connect, type PostgresSetup } from './connect.ts';
import { sourceOf } from './source-uri.ts';

/** Notifications in hand above which no more are read; the server keeps up to 8 GB of them. */
const MAX_WAITING = 1_000;
/** How often the connection is tried, and how long the answer may take (`query_timeout`). */
const CHECK_MS = 30_000;

/** Runs until the signal aborts or the connection breaks, which rejects. */
export async function followChannels(
  setup: PostgresSetup,
  channels: readonly string[],
  context: SourceContext,
): Promise<void> {
  const { client, broken, close } = await connect(setup, context);
  const source = sourceOf(setup.config);
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  let waiting = 0;
  const counted = (change: number) => {
    waiting += change;
    context.lag(waiting);
    const { stream } = client.connection;
    if (waiting >= MAX_WAITING) stream.pause();
    else if (stream.isPaused()) stream.resume();
  };
  client.on('notification', (notification) => {
    counted(1);
    context.deliver([eventOf(notification, source)]).then(() => counted(-1), reject);
  });
  // A dead peer shows only when something is asked of it; while nothing is read there is no answer.
  const check = setInterval(() => {
    if (waiting < MAX_WAITING) client.query('SELECT 1').catch(reject);
  }, CHECK_MS);
  try {
    for (const channel of channels) await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    context.lag(0);
    context.connected();
    await Promise.race([broken, failed]);
  } finally {
    clearInterval(check);
    client.removeAllListeners('notification');
    await close();
  }
}

function eventOf({ channel, payload, processId }: Notification, source: string): TriggerEvent {
  return {
    // Each comes once, and has no name of its own.
    id: randomUUID(),
    type: 'dev.catnap.postgres.notification',
    source,
    subject: channel,
    time: new Date().toISOString(),
    contentType: isJson(payload) ? 'application/json' : 'text/plain',
    data: Buffer.from(payload ?? ''),
    extensions: { channel, pid: String(processId) },
    key: channel,
  };
}

function isJson(text: string | undefined): boolean {
  if (!text || !/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
