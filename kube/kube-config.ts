/**
 * Where the API server is and who we are: kubeconfig files and the in-cluster service account.
 *
 * Parsing and authentication come from @kubernetes/client-node, by its modules rather than its index: the
 * index (and its `config.js`) loads the whole generated API, 0.35–0.6 s and about 55 MB more per process.
 * The package has no `exports` map; if it gets one, these imports fail when the process starts, loudly.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import {
  type Cluster,
  type Context,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from '@kubernetes/client-node/dist/config_types.js';
import { parse } from 'yaml';

export type { Cluster, User };

/** What the client needs of a configuration. A `KubeConfig` of @kubernetes/client-node fits as well. */
export interface KubeConfig {
  getCurrentCluster(): Cluster | null;
  getCurrentUser(): User | null;
}

/** A {@link KubeConfig} that also knows the namespace of its context. */
export interface LoadedKubeConfig extends KubeConfig {
  readonly namespace: string | undefined;
}

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Without a configuration, or with an unusable one; the message says what was looked for. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
}

/**
 * Loads, in this order: `file`; the files of `$KUBECONFIG`, merged as kubectl does; the pod's service
 * account; `~/.kube/config`.
 *
 * @throws KubeConfigError when there is none, or the one found cannot be used
 */
export function loadKubeConfig(
  options: { file?: string; env?: NodeJS.ProcessEnv; serviceAccountDir?: string; home?: string } = {},
): LoadedKubeConfig {
  const { env = process.env, serviceAccountDir = SERVICE_ACCOUNT_DIR, home = homedir() } = options;
  if (options.file !== undefined) return fromFiles([options.file]);
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) {
    const present = listed.filter((file) => existsSync(file));
    if (present.length === 0) {
      throw new KubeConfigError(`KUBECONFIG names ${listed.join(', ')}, which does not exist`);
    }
    return fromFiles(present);
  }
  const inCluster = fromServiceAccount(env, serviceAccountDir);
  if (inCluster !== undefined) return inCluster;
  const inHome = join(home, '.kube', 'config');
  if (existsSync(inHome)) return fromFiles([inHome]);
  throw new KubeConfigError(
    `No Kubernetes configuration: KUBECONFIG is not set, ${serviceAccountDir} holds no service account and ${inHome} does not exist`,
  );
}

/** A configuration from values, for tests and for processes that start their own server. */
export function kubeConfigFor(access: {
  server: string;
  /** PEM */
  ca?: string;
  token?: string;
  skipTLSVerify?: boolean;
  namespace?: string;
}): LoadedKubeConfig {
  const cluster: Cluster = {
    name: 'direct',
    server: access.server.replace(/\/$/, ''),
    skipTLSVerify: access.skipTLSVerify ?? false,
    caData: access.ca === undefined ? undefined : Buffer.from(access.ca).toString('base64'),
  };
  return configOf(cluster, { name: 'direct', token: access.token }, access.namespace);
}

function configOf(cluster: Cluster, user: User | null, namespace?: string): LoadedKubeConfig {
  return { getCurrentCluster: () => cluster, getCurrentUser: () => user, namespace };
}

interface Contents {
  currentContext: string | undefined;
  clusters: Cluster[];
  users: User[];
  contexts: Context[];
}

/** The first file that defines a name, or the current context, wins. */
function fromFiles(files: string[]): LoadedKubeConfig {
  const all = files.map(readConfig);
  const where = files.join(', ');
  const current = all.map((contents) => contents.currentContext).find((name) => name !== undefined);
  if (current === undefined) throw new KubeConfigError(`${where}: current-context is not set`);
  const find = <T extends { name: string }>(what: string, lists: T[][], name: string): T => {
    const found = lists.flat().find((entry) => entry.name === name);
    if (found === undefined) throw new KubeConfigError(`${where}: ${what} "${name}" is not defined`);
    return found;
  };
  const context = find(
    'context',
    all.map((contents) => contents.contexts),
    current,
  );
  const cluster = find(
    'cluster',
    all.map((contents) => contents.clusters),
    context.cluster,
  );
  const user =
    context.user === undefined
      ? null
      : find(
          'user',
          all.map((contents) => contents.users),
          context.user,
        );
  return configOf(cluster, user, context.namespace);
}

function readConfig(file: string): Contents {
  try {
    const raw: unknown = parse(readFileSync(file, 'utf8'));
    if (typeof raw !== 'object' || raw === null) throw new Error('it is not a kubeconfig');
    const config = raw as Record<string, unknown>;
    const current = config['current-context'];
    return {
      currentContext: typeof current === 'string' && current !== '' ? current : undefined,
      clusters: newClusters(withAbsolutePaths(config.clusters, file)),
      users: newUsers(withAbsolutePaths(config.users, file)),
      contexts: newContexts(config.contexts),
    };
  } catch (error) {
    throw new KubeConfigError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

const PATH_FIELDS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/** Paths in a kubeconfig are relative to the file; a token file is re-read, so it becomes a provider. */
function withAbsolutePaths(entries: unknown, file: string): unknown {
  if (!Array.isArray(entries)) return [];
  return structuredClone(entries).map((entry) => {
    const settings = entry?.cluster ?? entry?.user;
    if (typeof settings !== 'object' || settings === null) return entry;
    for (const field of PATH_FIELDS) {
      const value = settings[field];
      if (typeof value === 'string' && !isAbsolute(value)) settings[field] = resolve(dirname(file), value);
    }
    const command = settings.exec?.command;
    if (typeof command === 'string' && command.includes('/') && !isAbsolute(command)) {
      settings.exec.command = resolve(dirname(file), command);
    }
    if (typeof settings.tokenFile === 'string') {
      settings['auth-provider'] ??= { name: 'tokenFile', config: { tokenFile: settings.tokenFile } };
    }
    return entry;
  });
}

function fromServiceAccount(env: NodeJS.ProcessEnv, dir: string): LoadedKubeConfig | undefined {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  const tokenFile = join(dir, 'token');
  if (host === undefined || port === undefined || !existsSync(tokenFile)) return undefined;
  const cluster: Cluster = {
    name: 'in-cluster',
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    caFile: join(dir, 'ca.crt'),
    skipTLSVerify: false,
  };
  const user: User = { name: 'in-cluster', authProvider: { name: 'tokenFile', config: { tokenFile } } };
  return configOf(cluster, user, serviceAccountNamespace(dir));
}

/** The namespace this pod runs in, or undefined outside a cluster. */
export function serviceAccountNamespace(dir: string = SERVICE_ACCOUNT_DIR): string | undefined {
  try {
    return readFileSync(join(dir, 'namespace'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
