/** The operator's settings: read from the environment once, checked together, frozen. */
import { announceKey } from '#crds/wire/announcement.ts';
import { DNS_LABEL } from '#crds/wire/names.ts';
import { type RedisAddress, readRedisAddress } from '#crds/wire/redis-address.ts';

export interface Config {
  readonly redis: RedisAddress;
  /** Holds the Lease. */
  readonly namespace: string;
  /** Probes and metrics. */
  readonly host: string;
  readonly port: number;
  /** Of the nodejs26 language runtime. */
  readonly runtimeImage: string;
  /** Public address of the gateway, without a slash at the end. */
  readonly gatewayUrl: string;
  /** How pods tell gateways that they listen; undefined when they do not. */
  readonly announce: AnnounceConfig | undefined;
  /** What operator and gateways share: 32 bytes; undefined where nothing is sealed. */
  readonly encryptionKey: Buffer | undefined;
  /** How many warm pods there are; undefined when there are none. */
  readonly pools: PoolConfig | undefined;
  /** Threads that each host of isolates keeps ready. */
  readonly spareThreads: number;
  /** Whether function pods get a NetworkPolicy. */
  readonly functionNetworkPolicy: boolean;
  readonly logLevel: string;
}

export interface AnnounceConfig {
  /** Where gateways take announcements, without a path. */
  readonly url: string;
  /** What tokens are made with. */
  readonly key: Buffer;
}

export interface PoolConfig {
  /** Warm pods of each pool that are kept however quiet it is. */
  readonly min: number;
  /** Never more of one pool. */
  readonly max: number;
  /** Never more of all pools together. */
  readonly total: number;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * Reads the settings.
 *
 * @param ownNamespace where the process runs, if it runs in a cluster
 * @throws Error that lists every variable that is wrong, one per line
 */
export function readConfig(env: Record<string, string | undefined>, ownNamespace?: string): Config {
  const problems: string[] = [];
  const encryptionKey = readEncryptionKey(env.CATNAP_ENCRYPTION_KEY, problems);
  const config: Config = {
    redis: readRedisAddress(env, problems),
    namespace: env.CATNAP_NAMESPACE || ownNamespace || 'catnap-system',
    host: env.CATNAP_OPERATOR_HOST || '0.0.0.0',
    port: port(env.CATNAP_OPERATOR_PORT || '8081', problems),
    runtimeImage: env.CATNAP_RUNTIME_NODEJS26_IMAGE || 'catnap-runtime-nodejs26:0.1.0',
    gatewayUrl: gatewayUrl(env.CATNAP_GATEWAY_URL || 'http://localhost:8080', problems),
    announce: announce(env.CATNAP_ANNOUNCE_URL, encryptionKey, problems),
    encryptionKey,
    pools: pools(env, encryptionKey, problems),
    spareThreads: integer(
      'CATNAP_ISOLATE_SPARES',
      env.CATNAP_ISOLATE_SPARES || '8',
      { least: 1, most: 64 },
      problems,
    ),
    functionNetworkPolicy: flag(
      'CATNAP_FUNCTION_NETWORK_POLICY',
      env.CATNAP_FUNCTION_NETWORK_POLICY || 'true',
      problems,
    ),
    logLevel: env.CATNAP_LOG_LEVEL || 'info',
  };
  if (!DNS_LABEL.test(config.namespace)) {
    problems.push(`CATNAP_NAMESPACE must be the name of a namespace, not "${config.namespace}"`);
  }
  if (!LOG_LEVELS.includes(config.logLevel)) {
    problems.push(`CATNAP_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, not "${config.logLevel}"`);
  }
  if (problems.length > 0) throw new Error(`invalid configuration:\n  ${problems.join('\n  ')}`);
  return Object.freeze(config);
}

function flag(name: string, text: string, problems: string[]): boolean {
  if (text !== 'true' && text !== 'false') problems.push(`${name} must be true or false, not "${text}"`);
  return text === 'true';
}

function port(text: string, problems: string[]): number {
  return integer('CATNAP_OPERATOR_PORT', text, { least: 0, most: 65535 }, problems);
}

function integer(
  name: string,
  text: string,
  { least, most }: { least: number; most: number },
  problems: string[],
): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    problems.push(`${name} must be an integer from ${least} to ${most}, not "${text}"`);
  }
  return value;
}

/** Without the key nothing can be handed to a warm pod, so there are none. */
function pools(
  env: Record<string, string | undefined>,
  encryptionKey: Buffer | undefined,
  problems: string[],
): PoolConfig | undefined {
  const min = integer('CATNAP_POOL_MIN', env.CATNAP_POOL_MIN || '1', { least: 1, most: 1000 }, problems);
  const max = integer('CATNAP_POOL_MAX', env.CATNAP_POOL_MAX || '30', { least: 0, most: 1000 }, problems);
  const bounds = { least: 1, most: 100_000 };
  const total = integer('CATNAP_POOL_TOTAL', env.CATNAP_POOL_TOTAL || '200', bounds, problems);
  if (max === 0) return undefined;
  if (min > max) problems.push(`CATNAP_POOL_MIN (${min}) must not exceed CATNAP_POOL_MAX (${max})`);
  return encryptionKey && { min, max, total };
}

function gatewayUrl(text: string, problems: string[]): string {
  const url = URL.parse(text);
  const isPlain = url && !url.search && !url.hash && !url.username && !url.password;
  if (!isPlain || !['http:', 'https:'].includes(url.protocol)) {
    problems.push(`CATNAP_GATEWAY_URL must be an http:// or https:// URL without query, not "${text}"`);
  }
  return text.replace(/\/+$/, '');
}

function readEncryptionKey(text: string | undefined, problems: string[]): Buffer | undefined {
  if (!text) return undefined;
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32) problems.push('CATNAP_ENCRYPTION_KEY must be 32 bytes in base64');
  return key;
}

function announce(
  url: string | undefined,
  encryptionKey: Buffer | undefined,
  problems: string[],
): AnnounceConfig | undefined {
  if (!url) return undefined;
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'http:' || parsed.href !== `${parsed.origin}/`) {
    problems.push(`CATNAP_ANNOUNCE_URL must be an http:// URL of host and port, not "${url}"`);
  }
  return encryptionKey && { url: url.replace(/\/$/, ''), key: announceKey(encryptionKey) };
}
