/** The embedded Kubernetes API server. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Log, silentLog } from '#kube/log.ts';
import { bootstrap } from './bootstrap.ts';
import { createOpenApiDocuments } from './discovery/openapi.ts';
import { startEventExpiry } from './event-expiry.ts';
import { createKubeletClient } from './handlers/kubelet-client.ts';
import type { ApiContext } from './handlers/request.ts';
import { bearerAuthenticator } from './http/auth.ts';
import { type Credentials, loadCredentials } from './http/credentials.ts';
import { kubeconfigText } from './http/kubeconfig.ts';
import { createRouter } from './http/router.ts';
import { builtinResources } from './resources/builtin.ts';
import { startDefinitionController } from './resources/definition-controller.ts';
import { createRegistry } from './resources/registry.ts';
import { openPersistence, type Persistence } from './storage/persistence.ts';
import { createStore } from './storage/store.ts';
import { createWatchHub } from './watch/watch-hub.ts';

export interface ApiServerOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Objects, certificate and token are kept here; without it, nothing outlives the process. */
  dataDir?: string;
  log?: Log;
  /** Pods wait for, and need, their ServiceAccount; something must then make the default ones. */
  serviceAccountAdmission?: boolean;
  now?(): Date;
  /** Events kept per resource for watches that resume, at least. */
  historyLimit?: number;
}

export interface ApiServer {
  /** https://127.0.0.1:PORT */
  readonly url: string;
  readonly port: number;
  /** PEM */
  readonly certificate: string;
  readonly token: string;
  /** A kubeconfig for this server, as YAML. */
  kubeconfig(): string;
  /** Tells which bearer token the kubelet of a node asks for. */
  setKubeletToken(nodeName: string, token: string): void;
  /** Ends watches and connections, and closes the store. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const VERSION_EPOCH = Date.UTC(2026, 0, 1);
/** Time that running requests have to finish when the server stops. */
const STOP_GRACE_MS = 2_000;

/** Starts to serve; rejects when the port is taken or the data directory cannot be used. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { log = silentLog, now = () => new Date(), dataDir } = options;
  const credentials = await loadCredentials(dataDir, now());
  const persistence = dataDir === undefined ? undefined : openPersistence(dataDir);
  try {
    return await serve(options, { log, now, credentials, persistence });
  } catch (error) {
    persistence?.close();
    throw error;
  }
}

interface Parts {
  log: Log;
  now(): Date;
  credentials: Credentials;
  persistence: Persistence | undefined;
}

async function serve(
  options: ApiServerOptions,
  { log, now, credentials, persistence }: Parts,
): Promise<ApiServer> {
  const store = createStore({
    // Versions of a store that forgets start from the clock, so that clients of an earlier run hold
    // versions that are too old, and list again, instead of versions from the future.
    startRevision: Math.max(1, now().getTime() - VERSION_EPOCH),
    ...(persistence ? { persistence } : {}),
    ...(options.historyLimit ? { historyLimit: options.historyLimit } : {}),
  });
  const registry = createRegistry(builtinResources());
  const hub = createWatchHub(store);
  const stopping = new AbortController();
  const context: ApiContext = {
    store,
    registry,
    hub,
    now,
    log,
    admission: { serviceAccounts: options.serviceAccountAdmission ?? false },
    kubelets: createKubeletClient(),
    stopping: stopping.signal,
  };
  bootstrap(context);
  const stopDefinitions = startDefinitionController(context);
  const stopExpiry = startEventExpiry(context);

  let port = 0;
  const server = createServer(
    { cert: credentials.certificate, key: credentials.privateKey, keepAliveTimeout: 65_000 },
    createRouter({
      context,
      authenticate: bearerAuthenticator(credentials.token),
      openApi: createOpenApiDocuments(registry),
      address: () => `${HOST}:${port}`,
    }),
  );
  const stopParts = () => {
    stopDefinitions();
    stopExpiry();
  };
  try {
    port = await listen(server, options.port ?? 0);
  } catch (error) {
    stopParts();
    throw error;
  }
  const url = `https://${HOST}:${port}`;
  const { certificate, token } = credentials;
  return {
    url,
    port,
    certificate,
    token,
    kubeconfig: () => kubeconfigText({ url, certificate, token }),
    setKubeletToken: (nodeName, kubeletToken) => context.kubelets.setToken(nodeName, kubeletToken),
    async stop() {
      stopping.abort();
      await close(server);
      stopParts();
      persistence?.close();
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, HOST, resolve);
  await promise;
  server.off('error', reject);
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await promise;
  clearTimeout(timer);
}
