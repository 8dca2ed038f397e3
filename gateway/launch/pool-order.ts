/**
 * In which order a function asks warm pods. Gateways that claim for the same function at the same time meet at
 * the same pod, which then serves both; those that claim for different functions hardly ever do.
 */
import type { Pod } from '#gateway/pods/pod.ts';
import { preferred } from '#gateway/rendezvous.ts';

/** The pod that the function would rather have than any other of these; undefined when there are none. */
export function preferredPod(functionKey: string, pods: readonly Pod[]): Pod | undefined {
  return preferred(functionKey, pods, uidOf);
}

const uidOf = ({ uid }: Pod): string => uid;
