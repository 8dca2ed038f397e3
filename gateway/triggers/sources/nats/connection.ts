import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  nkeyAuthenticator,
} from '@nats-io/transport-node';
import type { TriggerSetup } from '../../source.ts';
import type { NatsConfig } from '../nats.ts';
import { explain } from './errors.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const PING_INTERVAL_MS = 10_000;

/**
 * Connects, runs `use`, and closes. Resolves when `use` does; rejects with what it throws, when the connection
 * cannot be made, or when it is lost before the signal aborts.
 */
export async function withConnection(
  setup: TriggerSetup<NatsConfig>,
  signal: AbortSignal,
  use: (connection: NatsConnection) => Promise<void>,
): Promise<void> {
  try {
    const connection = await connect(optionsOf(setup));
    const lost = connection.closed().then((error) => {
      if (!signal.aborted) throw error ?? new Error('the server closed the connection');
    });
    try {
      await Promise.race([lost, use(connection)]);
    } finally {
      // Flushes, so that messages given back do not wait for their time-out.
      await connection.drain().catch(() => connection.close());
      await lost.catch(() => {});
    }
  } catch (error) {
    throw explain(error, setup.config);
  }
}

function optionsOf({
  config,
  credentials,
  functionKey,
  name,
}: TriggerSetup<NatsConfig>): NodeConnectionOptions {
  const { username, password, token } = credentials;
  return {
    servers: config.servers,
    name: `catnap ${functionKey} ${name}`,
    // Whoever runs the source connects again, with back-off.
    reconnect: false,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: 2,
    // A stack for each acknowledgement, for errors of which only the message is told.
    noAsyncTraces: true,
    ...(username !== undefined ? { user: username, pass: password ?? '' } : {}),
    ...(token !== undefined ? { token } : {}),
    ...authenticatorOf(credentials),
    ...tlsOf(config, credentials),
  };
}

function authenticatorOf(credentials: Readonly<Record<string, string>>): NodeConnectionOptions {
  const { 'nats.creds': creds, 'nkey.seed': seed } = credentials;
  const bytes = (text: string) => new TextEncoder().encode(text.trim());
  if (creds !== undefined) return { authenticator: credsAuthenticator(bytes(creds)) };
  return seed === undefined ? {} : { authenticator: nkeyAuthenticator(bytes(seed)) };
}

/** Servers that demand TLS get it even without this; `tls` set means that the connection fails without. */
function tlsOf(config: NatsConfig, credentials: Readonly<Record<string, string>>): NodeConnectionOptions {
  const { 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key } = credentials;
  if (ca === undefined && cert === undefined && !config.servers.some((server) => server.startsWith('tls:'))) {
    return {};
  }
  return { tls: { ca, cert, key } };
}
