/** The gateway's settings: read from the environment once, checked together, frozen. */
import { type RedisAddress, readRedisAddress } from '#crds/wire/redis-address.ts';
import { Reachable } from './async/outcomes/reachable.ts';

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly controlHost: string;
  readonly controlPort: number;
  /** Where pods announce themselves; not for callers. */
  readonly announceHost: string;
  readonly announcePort: number;
  readonly redis: RedisAddress;
  /** 32 bytes; without them there are neither asynchronous calls nor announcements. */
  readonly encryptionKey: Buffer | undefined;
  /** Largest request body of a synchronous call, in bytes. */
  readonly maxBodyBytes: number;
  /** Open client connections; above it idle ones are closed and new ones refused. */
  readonly maxConnections: number;
  /** How long running and waiting calls may take to end after SIGTERM, in seconds. */
  readonly drainSeconds: number;
  /** Believe X-Forwarded-* of callers: only behind a proxy that sets them. */
  readonly trustForwarded: boolean;
  /** Networks that outcomes of calls may be POSTed to although they are not public, in CIDR form. */
  readonly outboundNetworks: string[];
  readonly logLevel: string;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * Reads the settings.
 * @throws Error that lists every variable that is wrong, one per line.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const problems: string[] = [];
  const integer = (name: string, fallback: number, minimum: number, maximum: number): number => {
    const text = env[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    problems.push(`${name} must be an integer from ${minimum} to ${maximum}, not "${text}"`);
    return fallback;
  };
  const oneOf = (name: string, allowed: string[], fallback: string): string => {
    const text = env[name] || fallback;
    if (!allowed.includes(text)) problems.push(`${name} must be one of ${allowed.join(', ')}, not "${text}"`);
    return text;
  };
  const config: Config = {
    host: env.CATNAP_GATEWAY_HOST || '0.0.0.0',
    port: integer('CATNAP_GATEWAY_PORT', 8080, 0, 65535),
    controlHost: env.CATNAP_CONTROL_HOST || '0.0.0.0',
    controlPort: integer('CATNAP_CONTROL_PORT', 8090, 0, 65535),
    announceHost: env.CATNAP_ANNOUNCE_HOST || '0.0.0.0',
    announcePort: integer('CATNAP_ANNOUNCE_PORT', 8091, 0, 65535),
    redis: readRedisAddress(env, problems),
    encryptionKey: encryptionKey(env.CATNAP_ENCRYPTION_KEY, problems),
    maxBodyBytes: integer('CATNAP_MAX_BODY_BYTES', 256 * 1024 * 1024, 1024, Number.MAX_SAFE_INTEGER),
    maxConnections: integer('CATNAP_MAX_CONNECTIONS', 16_384, 1, 1_000_000),
    drainSeconds: integer('CATNAP_DRAIN_SECONDS', 60, 0, 3_600),
    trustForwarded: oneOf('CATNAP_TRUST_FORWARDED', ['true', 'false'], 'false') === 'true',
    outboundNetworks: networks(env.CATNAP_OUTBOUND_NETWORKS, problems),
    logLevel: oneOf('CATNAP_LOG_LEVEL', LOG_LEVELS, 'info'),
  };
  if (problems.length > 0) throw new Error(`invalid configuration:\n  ${problems.join('\n  ')}`);
  return Object.freeze(config);
}

function networks(text: string | undefined, problems: string[]): string[] {
  const listed = (text ?? '').split(',').map((network) => network.trim());
  const given = listed.filter((network) => network !== '');
  try {
    new Reachable(given);
  } catch (error) {
    problems.push(`CATNAP_OUTBOUND_NETWORKS: ${(error as Error).message}`);
  }
  return given;
}

function encryptionKey(text: string | undefined, problems: string[]): Buffer | undefined {
  if (!text) return undefined;
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32) problems.push('CATNAP_ENCRYPTION_KEY must be 32 bytes in base64');
  return key;
}
