/** Chooses the pod for a call. */
import type { Pod } from './pod.ts';

/**
 * The pod that is up, has room and runs the fewest calls, as far as is known of other gateways' calls, which may be over by
 * now: so no pod is passed over for them while it is the best. Undefined when there is none with room. Pods before
 * others in the list win ties, so that few pods stay warm under little load.
 *
 * @param most calls that a pod may run for this gateway
 */
export function pickPod(pods: readonly Pod[], most: number): Pod | undefined {
  let best: Pod | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < pods.length; i++) {
    const pod = pods[i] as Pod;
    const running = pod.inFlight + pod.others;
    if (running >= fewest || pod.inFlight >= most || pod.inFlight >= pod.room.limit || pod.state !== 'up')
      continue;
    if (running === 0) return pod;
    best = pod;
    fewest = running;
  }
  return best;
}
