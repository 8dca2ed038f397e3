/** Turns a configuration into what a request needs: headers and TLS material, refreshed as they age. */
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { FileAuth } from '@kubernetes/client-node/dist/file_auth.js';
import { transportError, transportReasons } from './errors.ts';
import type { Cluster, KubeConfig, User } from './kube-config.ts';

export type TlsMaterial = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'
>;

export interface RequestCredentials {
  headers: Record<string, string>;
  tls: TlsMaterial;
}

export interface Credentials {
  /** @throws KubeError CredentialsFailed, without any secret in its message */
  get(): Promise<RequestCredentials>;
  /** Drops cached tokens; true when another attempt may get others (exec plugins, token files). */
  renew(): boolean;
}

interface Authenticator {
  applyAuthentication(user: User, options: RequestOptions): Promise<void>;
}

/** Certificates in files are rotated by whoever wrote them; tokens have their own refresh. */
const FILE_CACHE_MS = 60_000;
/** A plugin that hangs must not hold up all later calls for ever. */
const PROVIDER_TIMEOUT_MS = 60_000;

export function createCredentials(config: KubeConfig): Credentials {
  const cluster = currentCluster(config);
  const user = config.getCurrentUser();
  let authenticator: Authenticator | undefined | Promise<Authenticator | undefined>;
  let pending: Promise<RequestCredentials> | undefined;
  const readFile = cachedReader();

  const resolveNow = async (): Promise<RequestCredentials> => {
    const tls = staticTls(cluster, user, readFile);
    const headers = staticHeaders(user);
    if (user === null) return { headers, tls };
    authenticator ??= authenticatorOf(user);
    const applied: RequestOptions & { headers: Record<string, string> } = { headers: {} };
    await (await authenticator)?.applyAuthentication(withExecInfo(user, cluster), applied);
    if (applied.cert) tls.cert = applied.cert as string;
    if (applied.key) tls.key = applied.key as string;
    const authorization = applied.headers.Authorization?.trim();
    return { headers: authorization ? { ...headers, authorization } : headers, tls };
  };

  return {
    // One at a time: many calls that start together must not start many exec plugins.
    get() {
      pending ??= giveUpAfter(PROVIDER_TIMEOUT_MS, resolveNow())
        .catch((error: unknown) => {
          authenticator = undefined;
          throw transportError(
            transportReasons.credentials,
            `Credentials of user "${user?.name ?? ''}": ${reasonOf(error)}`,
            error,
          );
        })
        .finally(() => {
          pending = undefined;
        });
      return pending;
    },
    renew() {
      const renewable = authenticator !== undefined;
      authenticator = undefined;
      return renewable;
    },
  };
}

/**
 * The cluster of the configuration's current context.
 *
 * @throws TypeError when there is none, or it would send credentials over plain HTTP to another machine
 */
export function currentCluster(config: KubeConfig): Cluster {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new TypeError('The Kubernetes configuration has no current cluster');
  const url = new URL(cluster.server);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`Cluster "${cluster.name}": server ${cluster.server} is neither https nor http`);
  }
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !loopback && !cluster.skipTLSVerify) {
    throw new TypeError(
      `Cluster "${cluster.name}": server ${cluster.server} is not encrypted; use https, or set insecure-skip-tls-verify if that is meant`,
    );
  }
  return cluster;
}

function staticTls(cluster: Cluster, user: User | null, readFile: (path: string) => Buffer): TlsMaterial {
  const fileOrData = (file?: string, data?: string) =>
    file ? readFile(file) : data ? Buffer.from(data, 'base64') : undefined;
  return {
    ca: fileOrData(cluster.caFile, cluster.caData),
    cert: fileOrData(user?.certFile, user?.certData),
    key: fileOrData(user?.keyFile, user?.keyData),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
  };
}

function staticHeaders(user: User | null): Record<string, string> {
  const headers: Record<string, string> = {};
  if (user?.token) headers.authorization = `Bearer ${user.token.trim()}`;
  else if (user?.username) {
    headers.authorization = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  }
  if (user?.impersonateUser) headers['impersonate-user'] = user.impersonateUser;
  return headers;
}

/** In the order of client-go: a static token is used when no provider is configured. */
function authenticatorOf(user: User): Authenticator | undefined | Promise<Authenticator | undefined> {
  const exec = new ExecAuth();
  if (exec.isAuthProvider(user)) return exec;
  const file = new FileAuth();
  if (file.isAuthProvider(user)) return file;
  const provider = user.authProvider?.name;
  if (provider === undefined || user.token) return undefined;
  if (provider === 'oidc') return loadOidc();
  throw new Error(`auth-provider "${provider}" is not supported, use an exec credential plugin`);
}

/** Rare and heavy (it loads the whole client library), hence only on demand. */
async function loadOidc(): Promise<Authenticator> {
  const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js');
  return new OpenIDConnectAuth();
}

/** Plugins learn which version of the protocol is spoken from this variable, which client-node omits. */
function withExecInfo(user: User, cluster: Cluster): User {
  if (!user.exec) return user;
  const info = {
    apiVersion: user.exec.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(user.exec.provideClusterInfo
        ? { cluster: { server: cluster.server, 'certificate-authority-data': cluster.caData } }
        : {}),
    },
  };
  const env = [...(user.exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }];
  return { ...user, exec: { ...user.exec, env } };
}

function giveUpAfter<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no credentials within ${ms / 1000} s`)), ms).unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function cachedReader(): (path: string) => Buffer {
  const cache = new Map<string, { at: number; content: Buffer }>();
  return (path) => {
    const known = cache.get(path);
    const now = performance.now();
    if (known !== undefined && now - known.at < FILE_CACHE_MS) return known.content;
    const content = readFileSync(path);
    cache.set(path, { at: now, content });
    return content;
  };
}

/** The first line only: exec plugins may print a lot, and what follows may be anything. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0]?.slice(0, 300) || 'unknown failure';
}
