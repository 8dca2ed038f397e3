/** Processes of containers, as the nodes' container runtimes know them. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { ClusterNode } from '#test/cluster/cluster.ts';
import { ctr } from '#test/cluster/image/ctr.ts';

/**
 * The first process of a pod's container, in this machine's numbering.
 *
 * @throws Error when the container does not run
 */
export async function processOf(pod: Pod, nodes: ClusterNode[], container?: string): Promise<number> {
  const statuses = pod.status?.containerStatuses ?? [];
  const found = container ? statuses.find(({ name }) => name === container) : statuses[0];
  const id = found?.containerID?.replace(/^containerd:\/\//, '');
  const node = nodes.find(({ name }) => name === pod.spec?.nodeName);
  if (!id || !node) throw new Error(`pod ${pod.metadata?.name} has no container that runs`);
  const listing = await ctr(node.containerdSocket, ['tasks', 'ls']);
  const row = listing.split('\n').find((line) => line.startsWith(id));
  const [, pid, state] = row?.trim().split(/\s+/) ?? [];
  if (!pid || state !== 'RUNNING') throw new Error(`container ${id} does not run (${state ?? 'unknown'})`);
  return Number(pid);
}
