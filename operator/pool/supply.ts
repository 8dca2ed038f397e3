/** How many of the pods that a pool has made start now: pure. docs/scaling.md tells the same in words. */

import { SPAN_MS } from './size.ts';

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
  /** Functions that woke with one of its pods in the last ten seconds, or would have. */
  recent: number;
}

export interface PoolPast {
  /** All of its pods were ready once. */
  wasFull: boolean;
  /** How long ago a pod was last let start, in milliseconds. */
  restedMs: number;
}

const AT_ONCE = 2;
/** From a start until the API server knows that the pod is ready. */
const START_MS = 2_000;
const SLOWEST_MS = 5_000;

/**
 * For each function that waits a pod is on its way. Where nobody waits, starting pods only take CPU from functions that
 * serve, so one starts after the other, two more in ten seconds than were taken in the last ten: one each five seconds
 * leaves nineteen of twenty calls of others unhurt even on a node of two cores. A pool that may be used up in ten seconds
 * starts as many at a time as functions wake while one starts, and two at least, as does one that is new.
 */
export function startsNow(pods: PoolPods, { waiting, recent }: PoolDemand, past: PoolPast): number {
  const hurries = !past.wasFull || pods.free <= recent;
  const atOnce = Math.max(AT_ONCE, Math.ceil((recent * START_MS) / SPAN_MS));
  const wanted = Math.max(waiting, hurries ? atOnce : 0) - pods.starting;
  const isDue = pods.starting === 0 && past.restedMs >= SPAN_MS / (recent + SPAN_MS / SLOWEST_MS);
  // Pods that do not come up must not hold up the rest.
  const least = isDue || past.restedMs >= SLOWEST_MS ? 1 : 0;
  return Math.min(pods.gated, Math.max(wanted, least));
}
