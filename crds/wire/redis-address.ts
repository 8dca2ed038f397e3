/** Where Redis is, as the environment says: one address, or Sentinels that know the present master. */

export interface RedisAddress {
  /** Of Redis itself; with Sentinels its host is the name under which they watch the master. */
  readonly url: string;
  /** For a `url` without one. */
  readonly password: string | undefined;
  /** None: `url` is where Redis is. */
  readonly sentinels: readonly Sentinel[];
  readonly sentinelPassword: string | undefined;
}

export interface Sentinel {
  readonly host: string;
  readonly port: number;
}

type Environment = Record<string, string | undefined>;

const SENTINEL = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[A-Za-z0-9._-]+)):(?<port>\d{1,5})$/;

/**
 * Reads CATNAP_REDIS_URL, CATNAP_REDIS_PASSWORD, CATNAP_REDIS_SENTINELS (`HOST:PORT,HOST:PORT…`) and
 * CATNAP_REDIS_SENTINEL_PASSWORD. A private certificate authority is Node's own business: NODE_EXTRA_CA_CERTS.
 *
 * @param problems gets a sentence for each variable that is wrong; never a password
 */
export function readRedisAddress(env: Environment, problems: string[]): RedisAddress {
  const url = env.CATNAP_REDIS_URL || 'redis://127.0.0.1:6379';
  const sentinels = readSentinels(env.CATNAP_REDIS_SENTINELS || '', problems);
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'redis:' && parsed?.protocol !== 'rediss:') {
    problems.push('CATNAP_REDIS_URL must be a redis:// or rediss:// URL');
  } else if (sentinels.length > 0 && (parsed.hostname === '' || parsed.port !== '')) {
    problems.push(
      'CATNAP_REDIS_URL must be redis://MASTER or rediss://MASTER, without a port, when CATNAP_REDIS_SENTINELS is set',
    );
  }
  return {
    url,
    password: env.CATNAP_REDIS_PASSWORD || undefined,
    sentinels,
    sentinelPassword: env.CATNAP_REDIS_SENTINEL_PASSWORD || undefined,
  };
}

function readSentinels(text: string, problems: string[]): Sentinel[] {
  const entries = text.split(',').filter(Boolean);
  const sentinels = entries.flatMap((entry) => {
    const { v6, host = v6, port } = SENTINEL.exec(entry.trim())?.groups ?? {};
    const isPort = Number(port) >= 1 && Number(port) <= 65535;
    return host !== undefined && isPort ? [{ host, port: Number(port) }] : [];
  });
  if (sentinels.length < entries.length) {
    problems.push(`CATNAP_REDIS_SENTINELS must be HOST:PORT, separated by commas, not "${text}"`);
  }
  return sentinels;
}

/** What the Redis client is to be told instead of a URL when Sentinels know the address. */
export function sentinelOptions({ url, password, sentinels, sentinelPassword }: RedisAddress) {
  const { protocol, hostname, username, password: inUrl, pathname } = new URL(url);
  const tls = protocol === 'rediss:' ? {} : undefined;
  return {
    name: hostname,
    // Each connection adds those that it hears of.
    sentinels: [...sentinels],
    sentinelPassword,
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(inUrl) || password,
    db: Number(pathname.slice(1)) || 0,
    tls,
    sentinelTLS: tls,
    enableTLSForSentinelMode: tls !== undefined,
    // A master that is cut off closes no connection.
    failoverDetector: true,
    // Nor does one that became a replica always.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
  };
}
