/** What the scenarios run on: a cluster with Catnap, here or elsewhere, and a namespace of their own in it. */
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { isNotFound } from '#kube/errors.ts';
import { loadKubeConfig } from '#kube/kube-config.ts';
import { namespaces } from '#kube/resource.ts';
import type { ClusterNode } from '#test/cluster/cluster.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { isReady, type PodWatch, watchPods } from './functions/pods.ts';
import type { ClusterKind } from './options.ts';
import { type OpenedPlatform, openPlatform } from './platforms.ts';
import type { PartProcess } from './processes.ts';

export type Log = (line: string) => void;

export interface Bed {
  cluster: ClusterKind;
  client: KubeClient;
  gateway: { host: string; port: number };
  /** The platform's own processes as they are now; none where they are not on this machine. */
  processes(): Promise<PartProcess[]>;
  /** Ends every operator and has it started again; absent where they are not ours. */
  restartOperator?(): Promise<void>;
  /** Rejects when a part of the platform ends for good, where that can be seen. */
  broken?: Promise<never>;
  /** Machines of the test cluster; none elsewhere. */
  nodes: ClusterNode[];
  namespace: string;
  /** Those of the namespace. */
  pods: PodWatch;
  log: Log;
  close(): Promise<void>;
}

export interface BedOptions {
  cluster: ClusterKind;
  /** Of the test cluster: leave it and the platform when done. */
  keep: boolean;
  /** The least that pools of warm pods have; undefined for the platform's default. */
  pool?: number;
  log: Log;
}

/** Ten thousand functions with what belongs to them go one by one. */
const GONE_TIMEOUT_MS = 30 * 60_000;

/** Throws for `current` without CATNAP_GATEWAY_URL, and for `real` where it cannot run. */
export async function openBed({ cluster, log, ...options }: BedOptions): Promise<Bed> {
  const platform = await openPlatform(cluster, { ...options, log });
  try {
    return await layOut(platform, cluster, log);
  } catch (error) {
    await platform.close();
    throw error;
  }
}

async function layOut(platform: OpenedPlatform, cluster: ClusterKind, log: Log): Promise<Bed> {
  const kubeConfig = loadKubeConfig({ file: platform.kubeconfig });
  const client = createKubeClient({ component: 'catnap-bench', kubeConfig });
  const { hostname, port } = new URL(platform.gatewayUrl);
  const namespace = `bench-${Math.random().toString(36).slice(2, 8)}`;
  await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const pods = await watchPods(client, namespace);
  return {
    cluster,
    client,
    gateway: { host: hostname === 'localhost' ? '127.0.0.1' : hostname, port: Number(port || 80) },
    processes: platform.processes,
    restartOperator: platform.restartOperator,
    broken: platform.broken,
    nodes: platform.nodes,
    namespace,
    pods,
    log,
    async close() {
      await pods.stop();
      // Where the cluster ends anyway, everything in it does.
      if (platform.outlives) await remove(client, namespace, log);
      await platform.close();
      await client.close();
    },
  };
}

/** Waits for the end, so that the next run does not measure the removal. A failure must not keep the platform up. */
async function remove(client: KubeClient, name: string, log: Log): Promise<void> {
  log(`removing the namespace ${name}`);
  const isGone = () =>
    client.get(namespaces, { name }).then(
      () => false,
      (error) => isNotFound(error) || Promise.reject(error),
    );
  try {
    await client.delete(namespaces, { name });
    await waitFor(isGone, { timeoutMs: GONE_TIMEOUT_MS, describe: `${name} to be gone`, intervalMs: 500 });
  } catch (error) {
    log(`the namespace ${name} could not be removed: ${(error as Error).message}`);
  }
}

export function pathOf(bed: Bed, name: string, rest = ''): string {
  return `/fn/${bed.namespace}/${name}${rest}`;
}

/** Waits for exactly this many ready pods and returns their addresses. */
export function readyAddresses(bed: Bed, name: string, count: number): Promise<string[]> {
  const addresses = () => {
    const ready = bed.pods.of(name).filter(isReady);
    const found = ready.flatMap((pod) => pod.status?.podIP ?? []);
    return found.length === count ? found : undefined;
  };
  return waitFor(addresses, { timeoutMs: 60_000, describe: `${count} ready pods of ${name}` });
}
