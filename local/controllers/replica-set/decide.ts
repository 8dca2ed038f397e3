import type { ReplicaSet, ReplicaSetStatus } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { controllerOf, isControlledBy, selects } from '../ownership.ts';
import { isActive, isReady, readySince } from '../pods.ts';
import { byDeletionOrder } from './ranking.ts';

export interface ReplicaSetPlan {
  /** Orphans that match the selector. */
  adopt: Pod[];
  /** Owned pods that no longer match it. */
  release: Pod[];
  create: number;
  remove: Pod[];
  status: ReplicaSetStatus;
  /** When a ready pod will have been ready for `minReadySeconds`. */
  checkAgainInMs?: number;
}

/** What a ReplicaSet needs, given the pods of its namespace. Pure. */
export function decideReplicaSet(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  nowMs: number,
): ReplicaSetPlan {
  const going = replicaSet.metadata?.deletionTimestamp !== undefined;
  const matches = (pod: Pod) => selects(replicaSet.spec?.selector, pod.metadata?.labels);
  const owned = pods.filter((pod) => isControlledBy(pod, replicaSet));
  const release = going ? [] : owned.filter((pod) => !matches(pod));
  const adopt = going ? [] : pods.filter((pod) => !controllerOf(pod) && isActive(pod) && matches(pod));
  const replicas = [...owned.filter(matches), ...adopt].filter(isActive);
  const missing = going ? 0 : (replicaSet.spec?.replicas ?? 1) - replicas.length;
  return {
    adopt,
    release,
    create: Math.max(0, missing),
    remove: missing < 0 ? byDeletionOrder(replicas).slice(0, -missing) : [],
    ...readiness(replicaSet, replicas, nowMs),
  };
}

function readiness(replicaSet: ReplicaSet, replicas: Pod[], nowMs: number) {
  const minReadyMs = (replicaSet.spec?.minReadySeconds ?? 0) * 1000;
  const ready = replicas.filter(isReady);
  const waits = ready
    .map((pod) => (readySince(pod) ?? 0) + minReadyMs - nowMs)
    .filter((wait) => minReadyMs > 0 && wait > 0);
  const templateLabels = Object.entries(replicaSet.spec?.template?.metadata?.labels ?? {});
  const status: ReplicaSetStatus = {
    replicas: replicas.length,
    fullyLabeledReplicas: replicas.filter((pod) =>
      templateLabels.every(([key, value]) => pod.metadata?.labels?.[key] === value),
    ).length,
    readyReplicas: ready.length,
    availableReplicas: ready.length - waits.length,
    observedGeneration: replicaSet.metadata?.generation,
  };
  return { status, ...(waits.length > 0 ? { checkAgainInMs: Math.min(...waits) } : {}) };
}
