import { Redis, type RedisOptions } from 'ioredis';
import { type RedisAddress, sentinelOptions } from '#crds/wire/redis-address.ts';

/** Nobody waits longer: an answer that takes more is as good as none. */
const COMMAND_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_MS = 2_000;

/** Connects in the background, for ever. Commands fail at once while Redis is away, and soon when it is slow. */
export function connectRedis(address: RedisAddress): Redis {
  const options: RedisOptions = {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), MAX_RECONNECT_MS),
  };
  return address.sentinels.length > 0
    ? new Redis({ ...sentinelOptions(address), ...options })
    : new Redis(address.url, { password: address.password, ...options });
}
