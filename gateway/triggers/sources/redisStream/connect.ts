import { Redis } from 'ioredis';
import { explainConnectionError } from '../connection-error.ts';
import type { Session } from '../session.ts';
import { tlsSettings } from '../tls.ts';

const CONNECT_MS = 5_000;
const COMMAND_MS = 15_000;

/** A connection that ends the run when it is lost. Throws with the remedy when it cannot be made. */
export async function connectRedisStream(
  address: string,
  credentials: Readonly<Record<string, string>>,
  session: Session,
): Promise<Redis> {
  const { hostname, port, pathname, protocol } = new URL(address);
  const redis = new Redis({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    username: credentials.username || undefined,
    password: credentials.password || undefined,
    tls: protocol === 'rediss:' ? tlsSettings(credentials) : undefined,
    // The reply shapes of RESP3 differ between servers.
    protocol: 2,
    connectTimeout: CONNECT_MS,
    // Longer than the wait for entries: a connection that is silent for so long is dead.
    commandTimeout: COMMAND_MS,
    lazyConnect: true,
    // The run ends with its connection, and the next one begins with what was not acknowledged.
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  });
  let last = new Error(`the connection to ${address} was closed`);
  redis.on('error', (error: Error) => {
    last = error;
  });
  redis.on('close', () => session.fail(explain(last, address)));
  const stop = () => redis.disconnect();
  session.signal.addEventListener('abort', stop);
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    // "Connection is closed." is what follows from the reason that was told as an event.
    const closed = (error as Error).message === 'Connection is closed.';
    throw explain(closed ? last : (error as Error), address);
  } finally {
    session.signal.removeEventListener('abort', stop);
  }
  return redis;
}

/** An error of Redis, or of the way to it, with what to do about it. */
export function explain(error: Error, address: string): Error {
  const remedy = REMEDIES.find(([pattern]) => pattern.test(error.message))?.[1];
  if (remedy) return new Error(`${address}: ${error.message}. ${remedy}`, { cause: error });
  return explainConnectionError(error, 'redisStream.address', address) ?? error;
}

const REMEDIES: [RegExp, string][] = [
  [
    /WRONGPASS|NOAUTH|invalid password|without any password configured/,
    'Redis refuses the credentials: correct username and password in the Secret of secretRef.',
  ],
  [
    /NOPERM/,
    'The user lacks rights: allow it xgroup, xreadgroup, xack, xautoclaim and xinfo on the key of redisStream.stream.',
  ],
  [/WRONGTYPE/, 'The key of redisStream.stream holds something else than a stream: name another.'],
  [/MOVED/, 'This is a Redis Cluster, which is not supported: use a Redis without cluster mode.'],
  [/DB index/, 'redisStream.address names a database that Redis does not have.'],
  [/unknown command/i, 'Redis 6.2 or later is needed.'],
];
