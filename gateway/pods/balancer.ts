/** Chooses the pod for a call. */
import type { Pod } from './pod.ts';

/**
 * The pod that is up, has room and runs the fewest calls; undefined when there is none. Pods before
 * others in the list win ties, so that few pods stay warm under little load.
 */
export function pickPod(pods: readonly Pod[], concurrency: number): Pod | undefined {
  let best: Pod | undefined;
  let fewest = concurrency;
  for (let i = 0; i < pods.length; i++) {
    const pod = pods[i] as Pod;
    if (pod.inFlight >= fewest || pod.inFlight >= pod.room.limit || pod.state !== 'up') continue;
    if (pod.inFlight === 0) return pod;
    best = pod;
    fewest = pod.inFlight;
  }
  return best;
}
