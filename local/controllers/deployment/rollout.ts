import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1.js';

/** How many pods a rollout may add and miss, from the strategy's numbers or percentages. */
export function rolloutBounds(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const desired = deployment.spec?.replicas ?? 1;
  const strategy = deployment.spec?.strategy?.rollingUpdate;
  const maxSurge = resolve(strategy?.maxSurge ?? '25%', desired, Math.ceil);
  const maxUnavailable = Math.min(desired, resolve(strategy?.maxUnavailable ?? '25%', desired, Math.floor));
  // Both zero could never move; Kubernetes lets one pod go then.
  return maxSurge === 0 && maxUnavailable === 0
    ? { maxSurge, maxUnavailable: 1 }
    : { maxSurge, maxUnavailable };
}

function resolve(value: number | string, total: number, round: (n: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? 0 : round((total * Number(percent)) / 100);
}

/**
 * The replicas each ReplicaSet should have now, by name; those that stay are left out. Pure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
export function decideReplicas(
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
): Map<string, number> {
  const desired = deployment.spec?.replicas ?? 1;
  if (deployment.spec?.strategy?.type === 'Recreate') return recreate(desired, current, old);
  const changes = new Map<string, number>();
  const { maxSurge, maxUnavailable } = rolloutBounds(deployment);
  const all = [current, ...old];
  const total = sum(all, wanted);

  const room = desired + maxSurge - total;
  const grown = Math.min(desired, wanted(current) + Math.max(0, room));
  if (grown !== wanted(current)) changes.set(nameOf(current), grown);

  const newUnavailable = Math.max(0, wanted(current) - available(current));
  const minAvailable = desired - maxUnavailable;
  let removable = total - minAvailable - newUnavailable;
  if (removable <= 0) return changes;
  let spare = sum(all, available) - minAvailable;
  for (const replicaSet of old) {
    const unhealthy = Math.min(removable, Math.max(0, wanted(replicaSet) - available(replicaSet)));
    const healthy = Math.min(
      removable - unhealthy,
      Math.max(0, spare),
      Math.min(available(replicaSet), wanted(replicaSet)),
    );
    if (unhealthy + healthy === 0) continue;
    changes.set(nameOf(replicaSet), wanted(replicaSet) - unhealthy - healthy);
    removable -= unhealthy + healthy;
    spare -= healthy;
  }
  return changes;
}

function recreate(desired: number, current: ReplicaSet, old: readonly ReplicaSet[]): Map<string, number> {
  const changes = new Map<string, number>();
  for (const replicaSet of old) if (wanted(replicaSet) > 0) changes.set(nameOf(replicaSet), 0);
  const gone = old.every((replicaSet) => (replicaSet.status?.replicas ?? 0) === 0);
  if (gone && wanted(current) !== desired) changes.set(nameOf(current), desired);
  return changes;
}

const nameOf = (replicaSet: ReplicaSet) => replicaSet.metadata?.name ?? '';
const wanted = (replicaSet: ReplicaSet) => replicaSet.spec?.replicas ?? 0;
const available = (replicaSet: ReplicaSet) => replicaSet.status?.availableReplicas ?? 0;
const sum = (replicaSets: readonly ReplicaSet[], count: (replicaSet: ReplicaSet) => number) =>
  replicaSets.reduce((total, replicaSet) => total + count(replicaSet), 0);
