/** Connections to the database of a trigger. */
import { Client, type ClientConfig } from 'pg';
import type { Static } from 'typebox';
import type { postgres } from '#crds/function/triggers/postgres.ts';
import type { TriggerSetup } from '#gateway/triggers/source.ts';
import { tlsSettings } from '../tls.ts';

export type PostgresConfig = Static<typeof postgres>;
export type PostgresSetup = TriggerSetup<PostgresConfig>;

const CONNECT_MS = 10_000;
const STATEMENT_MS = 30_000;
const END_MS = 1_000;

/** Values are sent as text: in one form, whatever the server's own settings are. */
const SESSION = '-c DateStyle=ISO -c IntervalStyle=iso_8601 -c TimeZone=UTC -c extra_float_digits=1';

export interface Connection {
  readonly client: Client;
  /** Rejects when the connection breaks or the signal aborts; never resolves. */
  readonly broken: Promise<never>;
  /** Says goodbye and frees the socket, at the latest after a second. */
  close(): Promise<void>;
}

/**
 * Connects and signs in.
 *
 * @param replication whether replication commands are to be understood
 * @throws whatever pg or the network says; see `explained`
 */
export async function connect(
  { config, credentials }: PostgresSetup,
  { signal, replication = false }: { signal: AbortSignal; replication?: boolean },
): Promise<Connection> {
  const options: ClientConfig & { replication?: string } = {
    host: config.host,
    port: config.port,
    database: config.database,
    // Set even when they are missing: pg would take the environment of the gateway instead.
    user: credentials.username ?? '',
    password: credentials.password ?? '',
    ssl: tlsOptions(config, credentials),
    application_name: 'catnap',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    options: SESSION,
    ...(replication ? { replication: 'database' } : { query_timeout: STATEMENT_MS }),
  };
  const client = new Client(options);
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => {});
  const abort = () => reject(signal.reason);
  client.on('error', reject);
  client.on('end', () => reject(new Error('the server closed the connection')));
  signal.addEventListener('abort', abort, { once: true });
  const close = async () => {
    signal.removeEventListener('abort', abort);
    await endOf(client);
  };
  try {
    signal.throwIfAborted();
    await Promise.race([client.connect(), broken]);
  } catch (error) {
    await close();
    throw error;
  }
  return { client, broken, close };
}

function tlsOptions(config: PostgresConfig, credentials: PostgresSetup['credentials']): ClientConfig['ssl'] {
  if (config.sslMode === 'disable') return false;
  return {
    rejectUnauthorized: config.sslMode === 'verify-full',
    ...tlsSettings(credentials),
  };
}

/** A goodbye goes through the socket, which may be paused, or dead. */
async function endOf(client: Client): Promise<void> {
  const { stream } = client.connection;
  stream.resume();
  const timer = setTimeout(() => stream.destroy(), END_MS);
  try {
    await client.end();
  } catch {
    // It never stood, or is gone already.
  } finally {
    clearTimeout(timer);
    client.connection.stream.destroy();
  }
}
