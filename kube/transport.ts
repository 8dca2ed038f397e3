/**
 * HTTP to the API server: undici with its own Agents, which carry CA and client certificate.
 * Node's global fetch would ignore these (it brings another undici).
 */
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { createCredentials, currentCluster, type TlsMaterial } from './credentials.ts';
import type { Cluster, KubeConfig } from './kube-config.ts';

export interface Connection {
  headers: Record<string, string>;
  /** For calls, and (apart, so that they never wait for each other) for watches. */
  calls: Dispatcher;
  watches: Dispatcher;
}

export interface Transport {
  /** Address of the API server without a trailing slash, with its path prefix if it has one. */
  readonly baseUrl: string;
  readonly host: string;
  connection(): Promise<Connection>;
  /** After a 401: true when another attempt may use other credentials. */
  renewCredentials(): boolean;
  /** Breaks what is still open. */
  close(): Promise<void>;
}

/** As client-go: shorter than the idle timeout of common load balancers. */
const TCP_KEEP_ALIVE_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Below the 90 s of kube-apiserver. A new connection costs a wake-up 8 ms, mostly for TLS. */
const IDLE_TIMEOUT_MS = 60_000;
const MAX_CALL_CONNECTIONS = 64;

export function createTransport(config: KubeConfig): Transport {
  const cluster = currentCluster(config);
  const credentials = createCredentials(config);
  let current: { key: string; calls: Dispatcher; watches: Dispatcher } | undefined;
  return {
    baseUrl: cluster.server.replace(/\/+$/, ''),
    host: new URL(cluster.server).host,
    async connection() {
      const { headers, tls } = await credentials.get();
      const key = fingerprint(tls);
      if (current?.key !== key) {
        // Rotated certificates: what runs on the old connections may finish.
        for (const dispatcher of [current?.calls, current?.watches]) dispatcher?.close().catch(() => {});
        current = {
          key,
          calls: createDispatcher(cluster, tls, MAX_CALL_CONNECTIONS),
          watches: createDispatcher(cluster, tls, null),
        };
      }
      return { headers, calls: current.calls, watches: current.watches };
    },
    renewCredentials: () => credentials.renew(),
    async close() {
      await Promise.all([current?.calls.destroy(), current?.watches.destroy()]);
      current = undefined;
    },
  };
}

function fingerprint(tls: TlsMaterial): string {
  return [tls.ca, tls.cert, tls.key].map((part) => (part === undefined ? '' : String(part))).join('\0');
}

function createDispatcher(cluster: Cluster, tls: TlsMaterial, connections: number | null): Dispatcher {
  // Every call carries a signal with a deadline of its own; HTTP/2 multiplexing would let one broken
  // connection stop all watches at once.
  const common = {
    connections,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    pipelining: 1,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
  };
  const socket = {
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    timeout: CONNECT_TIMEOUT_MS,
  };
  if (cluster.proxyUrl) {
    if (!/^https?:/.test(cluster.proxyUrl)) {
      throw new TypeError(`Cluster "${cluster.name}": proxy-url must be an http or https URL`);
    }
    return new ProxyAgent({ ...common, uri: cluster.proxyUrl, requestTls: { ...tls, ...socket } });
  }
  return new Agent({ ...common, connect: { ...tls, ...socket } });
}
