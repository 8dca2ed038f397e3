/** What the scenarios run on: a cluster with Catnap, here or elsewhere, and a function in it. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { deploymentName, labels } from '#crds/wire/names.ts';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { loadKubeConfig } from '#kube/kube-config.ts';
import { deployments, functions, namespaces, pods } from '#kube/resource.ts';
import type { ClusterNode } from '#test/cluster/cluster.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type ClusterKind, openPlatform } from './platforms.ts';
import type { PartProcess } from './processes.ts';

export type Log = (line: string) => void;

export interface Bed {
  cluster: ClusterKind;
  client: KubeClient;
  gateway: { host: string; port: number };
  /** The platform's own processes as they are now; none where they are not on this machine. */
  processes(): Promise<PartProcess[]>;
  /** Machines of the test cluster; none elsewhere. */
  nodes: ClusterNode[];
  namespace: string;
  log: Log;
  close(): Promise<void>;
}

export interface BedOptions {
  cluster: ClusterKind;
  /** Of the test cluster: leave it and the platform when done. */
  keep: boolean;
  log: Log;
}

/** Throws for `current` without CATNAP_GATEWAY_URL, and for `real` where it cannot run. */
export async function openBed({ cluster, keep, log }: BedOptions): Promise<Bed> {
  const platform = await openPlatform(cluster, keep, log);
  const kubeConfig = loadKubeConfig({ file: platform.kubeconfig });
  const client = createKubeClient({ component: 'catnap-bench', kubeConfig });
  const { hostname, port } = new URL(platform.gatewayUrl);
  const namespace = `bench-${Math.random().toString(36).slice(2, 8)}`;
  await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  return {
    cluster,
    client,
    gateway: { host: hostname === 'localhost' ? '127.0.0.1' : hostname, port: Number(port || 80) },
    processes: platform.processes,
    nodes: platform.nodes,
    namespace,
    log,
    async close() {
      await client.delete(namespaces, { name: namespace }).catch(() => {});
      await platform.close();
    },
  };
}

export function pathOf(bed: Bed, name: string, rest = ''): string {
  return `/fn/${bed.namespace}/${name}${rest}`;
}

/** Applies a function of one file and waits until its code was seen to load. */
export async function deploy(bed: Bed, name: string, code: string, spec: object): Promise<void> {
  const manifest = {
    apiVersion: 'catnap.dev/v1alpha1',
    kind: 'Function',
    metadata: { name, namespace: bed.namespace },
    spec: { source: { inline: { files: { 'index.mjs': code } } }, ...spec },
  };
  // Defaults are the server's to fill in.
  await bed.client.apply(functions, manifest as unknown as CatnapFunction, { fieldManager: 'catnap-bench' });
  const isReady = async () => {
    const { status } = await bed.client.get(functions, { namespace: bed.namespace, name });
    return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  };
  await waitFor(isReady, { timeoutMs: 60_000, describe: `${name} to load` });
}

export async function podsOf(bed: Bed, name: string): Promise<Pod[]> {
  const labelSelector = `${labels.function}=${name}`;
  return (await bed.client.list(pods, { namespace: bed.namespace, labelSelector })).items;
}

/** Scales to zero by force and waits until no pod is left. */
export async function putToSleep(bed: Bed, name: string): Promise<void> {
  const ref = { namespace: bed.namespace, name: deploymentName(name) };
  await bed.client.setScale(deployments, ref, 0, { fieldManager: 'catnap-bench' });
  await waitFor(async () => (await podsOf(bed, name)).length === 0, {
    timeoutMs: 60_000,
    describe: `no pods of ${name}`,
    intervalMs: 20,
  });
}

/** Waits for exactly this many ready pods and returns their addresses. */
export function readyAddresses(bed: Bed, name: string, count: number): Promise<string[]> {
  return waitFor(
    async () => {
      const ready = (await podsOf(bed, name)).filter((pod) =>
        pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
      );
      const addresses = ready.flatMap((pod) => pod.status?.podIP ?? []);
      return addresses.length === count ? addresses : undefined;
    },
    { timeoutMs: 60_000, describe: `${count} ready pods of ${name}` },
  );
}
