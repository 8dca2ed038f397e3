/** Pods that were deleted and that the cache still shows: they must not be counted, nor deleted again. */
import type { Pod } from 'kubernetes-types/core/v1.js';

export interface DeletedPods {
  /** @param key of the function, all of whose pods are passed each time */
  remaining(key: string, pods: readonly Pod[]): readonly Pod[];
  note(key: string, pod: Pod): void;
  forget(key: string): void;
}

export function createDeletedPods(): DeletedPods {
  const deleted = new Map<string, Set<string>>();
  return {
    remaining(key, present) {
      const gone = deleted.get(key);
      if (!gone) return present;
      const uids = new Set(present.map(({ metadata }) => metadata?.uid ?? ''));
      for (const uid of gone) if (!uids.has(uid)) gone.delete(uid);
      if (gone.size === 0) deleted.delete(key);
      return present.filter(({ metadata }) => !gone.has(metadata?.uid ?? ''));
    },
    note(key, { metadata }) {
      const gone = deleted.get(key) ?? new Set();
      deleted.set(key, gone.add(metadata?.uid ?? ''));
    },
    forget: (key) => void deleted.delete(key),
  };
}
