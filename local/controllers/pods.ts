import type { Pod } from 'kubernetes-types/core/v1.js';

export function isReady(pod: Pod): boolean {
  return readySince(pod) !== undefined;
}

/** When the pod became ready, in epoch milliseconds; undefined while it is not. */
export function readySince(pod: Pod): number | undefined {
  const ready = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
  if (!ready) return undefined;
  const since = Date.parse(String(ready.lastTransitionTime ?? ''));
  return Number.isNaN(since) ? 0 : since;
}

/** A pod that counts as a replica: neither ended nor on its way out. */
export function isActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata?.deletionTimestamp === undefined;
}
