/** Connections to Redis, each with the manners its use needs. */
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { type RedisAddress, sentinelOptions } from '#crds/wire/redis-address.ts';

const reconnect = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000);

/** For requests that a caller waits for: fails at once while Redis is away, and soon when it is slow. */
export function interactiveOptions(): RedisOptions {
  return {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
    retryStrategy: reconnect,
  };
}

/** For workers: waits for Redis as long as it takes. */
export function patientOptions(): RedisOptions {
  return { maxRetriesPerRequest: null, connectTimeout: 5_000, retryStrategy: reconnect };
}

/** Connects in the background, for ever; says once when Redis goes away and once when it is back. */
export function connectRedis(address: RedisAddress, options: RedisOptions, log: Logger): Redis {
  const redis =
    address.sentinels.length > 0
      ? new Redis({ ...sentinelOptions(address), ...options })
      : new Redis(address.url, { password: address.password, ...options });
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) log.warn({ err: error }, 'Redis is not reachable; will keep trying');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info('Redis is reachable again');
    away = false;
  });
  return redis;
}
