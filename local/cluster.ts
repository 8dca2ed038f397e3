/** The embedded cluster: API server, controllers and one node in this process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { kubeConfigFor } from '#kube/kube-config.ts';
import { writePrivately } from './api/http/credentials.ts';
import { type ApiServer, startApiServer } from './api/server.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { startControllers } from './controllers/main.ts';
import { type Kubelet, startKubelet } from './kubelet/main.ts';

export interface Cluster {
  /** Of the Kubernetes API. */
  url: string;
  /** Ends all pods, controllers and the API, in this order. */
  stop(): Promise<void>;
}

const NODE_NAME = 'catnap-local';

/** Resolves when pods can run; what was started is stopped again when something fails or the signal aborts. */
export async function startCluster(
  options: ClusterOptions,
  log: Logger,
  signal: AbortSignal,
): Promise<Cluster> {
  const cleanups: (() => Promise<unknown> | unknown)[] = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    const api = await startApiServer({
      port: options.port,
      log: log.child({ component: 'api' }),
      serviceAccountAdmission: true,
      ...(options.dataDir === undefined ? {} : { dataDir: join(options.dataDir, 'api') }),
    });
    cleanups.push(() => api.stop());
    writePrivately(options.kubeconfig, api.kubeconfig());

    const clientFor = (component: string): KubeClient => {
      const client = createKubeClient({ component, kubeConfig: kubeConfigOf(api) });
      cleanups.push(() => client.close());
      return client;
    };
    const controllers = startControllers({
      client: clientFor('controllers'),
      log: log.child({ component: 'controllers' }),
      signal,
    });
    // Controllers end first, so that nothing replaces the pods that the kubelet then ends. A failure to
    // start is reported below, once the kubelet has either started or failed too.
    let kubelet: Kubelet | undefined;
    const kubeletClient = clientFor('kubelet');
    const rootDir = nodeDirectory(options.dataDir, cleanups);
    cleanups.push(async () => {
      const started = await controllers.catch(() => undefined);
      await started?.stop();
      await kubelet?.stop();
    });
    kubelet = await startKubelet({
      client: kubeletClient,
      nodeName: NODE_NAME,
      rootDir,
      images: options.images,
      log: log.child({ component: 'kubelet' }),
      signal,
    });
    api.setKubeletToken(NODE_NAME, kubelet.server.token);
    await controllers;
    return { url: api.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function kubeConfigOf({ url, certificate, token }: ApiServer) {
  return kubeConfigFor({ server: url, ca: certificate, token });
}

function nodeDirectory(dataDir: string | undefined, cleanups: (() => unknown)[]): string {
  if (dataDir !== undefined) return join(dataDir, 'node');
  const directory = mkdtempSync(join(tmpdir(), 'catnap-node-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
