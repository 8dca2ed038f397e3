/** How many of the pods that a pool has made start now: pure. docs/scaling.md tells the same in words. */

/** Those of a pool that are nobody's yet. */
export interface PoolPods {
  /** Ready to be claimed. */
  free: number;
  starting: number;
  /** Made, and held back by their gate. */
  gated: number;
}

export interface PoolDemand {
  /** Functions that wait for a pod of the pool. */
  waiting: number;
  /** Pods that sleeping functions took in the last ten seconds, or would have taken. */
  recent: number;
}

export interface PoolPast {
  /** All of its pods were ready once. */
  wasFull: boolean;
  /** How long ago a pod was last let start, in milliseconds. */
  restedMs: number;
}

const AT_ONCE = 2;
const REST_MS = 5_000;

/**
 * For each function that waits a pod is on its way. Where nobody waits, starting pods only take CPU from functions that
 * serve: one each five seconds leaves nineteen of twenty calls of others unhurt even on a node of two cores. A pool that
 * may be used up in ten seconds, or is new, starts two at a time.
 */
export function startsNow(pods: PoolPods, { waiting, recent }: PoolDemand, past: PoolPast): number {
  const hurries = !past.wasFull || pods.free <= recent;
  const wanted = Math.max(waiting, hurries ? AT_ONCE : 0) - pods.starting;
  const least = past.restedMs >= REST_MS ? 1 : 0;
  return Math.min(pods.gated, Math.max(wanted, least));
}
