/** The platforms that benchmarks run on, each with the processes that can be metered. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { KubeClient } from '#kube/client.ts';
import { pods } from '#kube/resource.ts';
import type { ClusterNode } from '#test/cluster/cluster.ts';
import { startPlatform } from '#test/harness/platform.ts';
import { RELEASE } from '#test/harness/real/chart.ts';
import { processOf } from '#test/harness/real/containers.ts';
import { openRealPlatform } from '#test/harness/real-platform.ts';
import type { PartProcess } from './processes.ts';

export const CLUSTERS = ['local', 'current', 'real'] as const;
export type ClusterKind = (typeof CLUSTERS)[number];

interface OpenedPlatform {
  kubeconfig: string;
  gatewayUrl: string;
  nodes: ClusterNode[];
  processes(): Promise<PartProcess[]>;
  close(): Promise<void>;
}

type Log = (line: string) => void;

export function openPlatform(kind: ClusterKind, keep: boolean, log: Log): Promise<OpenedPlatform> {
  if (kind === 'local') return local(log);
  return kind === 'real' ? real(keep, log) : current();
}

async function local(log: Log): Promise<OpenedPlatform> {
  const { kubeconfig, gatewayUrl, components, stop } = await startPlatform({ logLevel: 'warn', say: log });
  const running = () => components.flatMap(({ name, pid }) => (pid ? [{ part: name, name, pid }] : []));
  return { kubeconfig, gatewayUrl, nodes: [], processes: async () => running(), close: stop };
}

/** One node: what is measured is not spread over a network that a single machine does not have. */
async function real(keep: boolean, log: Log): Promise<OpenedPlatform> {
  const platform = await openRealPlatform({ nodes: 1, keep, say: log });
  return { ...platform, processes: () => podProcesses(platform.client, platform.nodes) };
}

async function podProcesses(client: KubeClient, nodes: ClusterNode[]): Promise<PartProcess[]> {
  const { items } = await client.list(pods, { namespace: RELEASE.namespace });
  return Promise.all(
    items.map(async (pod) => ({
      part: pod.metadata?.labels?.['app.kubernetes.io/component'] ?? '',
      name: pod.metadata?.name ?? '',
      pid: await processOf(pod, nodes),
    })),
  );
}

async function current(): Promise<OpenedPlatform> {
  const gatewayUrl = process.env.CATNAP_GATEWAY_URL;
  if (!gatewayUrl) throw new Error('--cluster current needs CATNAP_GATEWAY_URL, where functions are called');
  const kubeconfig = process.env.KUBECONFIG ?? join(homedir(), '.kube', 'config');
  return { kubeconfig, gatewayUrl, nodes: [], processes: async () => [], close: async () => {} };
}
