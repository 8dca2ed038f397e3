/**
 * In which order a function asks warm pods: rendezvous hashing (Thaler and Ravishankar, 1998). Gateways that
 * claim for the same function at the same time meet at the same pod, which then serves both; those that claim
 * for different functions hardly ever do.
 */
import type { Pod } from '#gateway/pods/pod.ts';

/** The pod that the function would rather have than any other of these; undefined when there are none. */
export function preferredPod(functionKey: string, pods: readonly Pod[]): Pod | undefined {
  let best: Pod | undefined;
  let highest = -1;
  for (const pod of pods) {
    const weight = hash(functionKey, pod.uid);
    if (weight > highest) {
      highest = weight;
      best = pod;
    }
  }
  return best;
}

/** FNV-1a over both texts, with the final mixing of MurmurHash3, since FNV's high bits follow its last bytes. */
function hash(a: string, b: string): number {
  let h = 0x811c9dc5;
  for (const text of [a, b]) {
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
