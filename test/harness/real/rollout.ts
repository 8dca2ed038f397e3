/** Waiting for the parts of Catnap to be as their workloads want them. */
import type { StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { KubeClient } from '#kube/client.ts';
import { deployments, pods, resourceType } from '#kube/resource.ts';
import { waitFor } from '../wait-for.ts';
import { describeTrouble } from './trouble.ts';

export const statefulSets = resourceType<StatefulSet>('apps/v1', 'StatefulSet', 'statefulsets');

const TIMEOUT_MS = 240_000;

interface Workload {
  metadata?: { name?: string; generation?: number };
  spec?: { replicas?: number };
  status?: {
    observedGeneration?: number;
    updatedReplicas?: number;
    replicas?: number;
    readyReplicas?: number;
  };
}

/**
 * Waits until every Deployment and StatefulSet of the namespace runs what it was last told, with no older pod left.
 *
 * @throws Error that tells what is wrong with which pod
 */
export async function whenRolledOut(client: KubeClient, namespace: string): Promise<void> {
  const unfinished = async () => {
    const lists = await Promise.all([
      client.list(deployments, { namespace }),
      client.list(statefulSets, { namespace }),
      client.list(pods, { namespace }),
    ]);
    const workloads: Workload[] = [...lists[0].items, ...lists[1].items];
    if (workloads.length === 0) return ['no Deployment yet'];
    const leaving = lists[2].items.filter(({ metadata }) => metadata?.deletionTimestamp);
    return [
      ...workloads.filter((workload) => !isRolledOut(workload)).map(({ metadata }) => metadata?.name),
      ...leaving.map(({ metadata }) => `${metadata?.name}, which is ending`),
    ];
  };
  try {
    await waitFor(
      async () => {
        const left = await unfinished();
        if (left.length > 0) throw new Error(left.join(', '));
        return true;
      },
      { timeoutMs: TIMEOUT_MS, describe: `everything in ${namespace} to be ready`, intervalMs: 250 },
    );
  } catch (error) {
    const trouble = await describeTrouble(client, namespace).catch((reason) => String(reason));
    throw new Error(`${(error as Error).message}\n${trouble}`, { cause: error });
  }
}

/** Whether a workload's pods are all of its present generation, ready, and no more than wanted. */
export function isRolledOut({ metadata, spec, status }: Workload): boolean {
  const wanted = spec?.replicas ?? 1;
  return (
    status?.observedGeneration === metadata?.generation &&
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.readyReplicas ?? 0) === wanted
  );
}
