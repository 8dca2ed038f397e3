import { type Channel, type ChannelModel, connect, credentials } from 'amqplib';
import { withinTime } from '#gateway/within-time.ts';
import type { Session } from '../session.ts';
import { tlsSettings } from '../tls.ts';

const CONNECT_MS = 5_000;
const CLOSE_MS = 2_000;
const HEARTBEAT_SECONDS = 20;

/** A connection that ends the run when it is lost. */
export async function connectRabbitmq(
  address: string,
  secret: Readonly<Record<string, string>>,
  session: Session,
): Promise<ChannelModel> {
  const url = new URL(address);
  url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  const connection = await connect(url.href, {
    ...(url.protocol === 'amqps:' && tlsSettings(secret)),
    ...userOf(secret),
    timeout: CONNECT_MS,
    keepAlive: true,
    clientProperties: { connection_name: 'catnap' },
  });
  connection.on('error', (error) => session.fail(error));
  connection.on('close', () => session.fail(new Error('the connection was closed')));
  return connection;
}

/** Who we are: a user, or the client certificate alone. */
function userOf(secret: Readonly<Record<string, string>>): object {
  const { username, password } = secret;
  if (username) return { credentials: credentials.plain(username, password ?? '') };
  return secret['tls.crt'] ? { credentials: credentials.external() } : {};
}

/** Closes it in good order when it still answers. */
export async function closeConnection(connection: ChannelModel, channel: Channel | undefined): Promise<void> {
  await withinTime(
    CLOSE_MS,
    closeInOrder(connection, channel).catch(() => {}),
  );
  const { stream } = connection.connection as unknown as { stream: { destroy(): void } };
  stream.destroy();
}

/**
 * amqplib sends what channels have to say in turn, so that the end of the connection may leave before the last
 * acknowledgements; the end of the channel comes after them.
 */
async function closeInOrder(connection: ChannelModel, channel: Channel | undefined): Promise<void> {
  try {
    await channel?.close();
  } catch {
    // It was closed before.
  }
  await connection.close();
}
