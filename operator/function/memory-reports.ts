/** Which ends for lack of memory are still to be told of. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import { type MemoryEnd, memoryEnd } from './container-end.ts';
import { functionContainer, lastEnd } from './pod-state.ts';

export interface MemoryReports {
  /** The ends that were not returned before. `pods` are all that the function has. */
  fresh(key: string, pods: readonly Pod[], nowMs: number): { pod: Pod; what: MemoryEnd }[];
  forget(key: string): void;
}

/** Older ends were told of by whoever led then. */
const MAX_AGE_MS = 300_000;

/** A pod shows its last end for as long as it lives, so what was told is kept as long. */
export function createMemoryReports(): MemoryReports {
  /** The last end that was told of, by uid of the pod, by key of the function. */
  const told = new Map<string, Map<string, string>>();
  return {
    fresh(key, pods, nowMs) {
      const before = told.get(key);
      const now = new Map<string, string>();
      const fresh: { pod: Pod; what: MemoryEnd }[] = [];
      for (const pod of pods) {
        const found = endOf(pod);
        if (!found) continue;
        const uid = pod.metadata?.uid ?? '';
        now.set(uid, found.id);
        const isNews = before?.get(uid) !== found.id && nowMs - found.atMs <= MAX_AGE_MS;
        if (isNews) fresh.push({ pod, what: found.what });
      }
      if (now.size > 0) told.set(key, now);
      else told.delete(key);
      return fresh;
    },
    forget: (key) => void told.delete(key),
  };
}

function endOf(pod: Pod): { id: string; what: MemoryEnd; atMs: number } | undefined {
  const container = functionContainer(pod);
  const ended = container && lastEnd(container);
  const what = ended && memoryEnd(ended);
  if (!what) return undefined;
  const finishedAt = String(ended.finishedAt ?? '');
  // One that does not say when it ended is taken for a new one.
  return { id: ended.containerID ?? finishedAt, what, atMs: Date.parse(finishedAt) || Infinity };
}
