import type { Pod } from 'kubernetes-types/core/v1.js';
import { isReady, readySince } from '../pods.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASE_RANK: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Pods in the order in which a scale-down takes them: unscheduled, pending, not ready, lower deletion cost,
 * ready for a shorter time, more restarts, younger.
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset
 */
export function byDeletionOrder(pods: readonly Pod[]): Pod[] {
  return [...pods].sort((left, right) => {
    const [a, b] = [rank(left), rank(right)];
    const index = a.findIndex((value, position) => value !== b[position]);
    return index < 0 ? 0 : (a[index] as number) - (b[index] as number);
  });
}

function rank(pod: Pod): number[] {
  return [
    pod.spec?.nodeName ? 1 : 0,
    PHASE_RANK[pod.status?.phase ?? 'Pending'] ?? 1,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata?.annotations?.[DELETION_COST] ?? 0) || 0,
    -(readySince(pod) ?? 0),
    -Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount)),
    -Date.parse(String(pod.metadata?.creationTimestamp ?? '')) || 0,
  ];
}
