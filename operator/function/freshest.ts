import { type KubeObject, objectKey } from '#kube/resource.ts';

/**
 * Remembers what this process wrote until the watch has brought it back, so that the next decision does
 * not rest on an older object: it would write the same once more, with another timestamp and event.
 */
export interface Freshest<T extends KubeObject> {
  /** Notes an object as the API server returned it from a write. */
  note(object: T): void;
  /** The newer of what was noted and what the cache has. */
  pick(key: string, cached: T | undefined): T | undefined;
  forget(key: string): void;
}

/** A watch that is this much behind is broken, and then the cache is the better guess. */
const TRUST_MS = 10_000;

export function createFreshest<T extends KubeObject>(monotonic: () => number): Freshest<T> {
  const notes = new Map<string, { object: T; untilMs: number }>();
  return {
    note: (object) => void notes.set(objectKey(object), { object, untilMs: monotonic() + TRUST_MS }),
    pick(key, cached) {
      const note = notes.get(key);
      if (!note) return cached;
      const isBehind = note.untilMs > monotonic() && isNewer(note.object, cached);
      if (isBehind) return note.object;
      notes.delete(key);
      return cached;
    },
    forget: (key) => void notes.delete(key),
  };
}

/** Since Kubernetes 1.35 resource versions are specified to compare as integers; they always did with etcd. */
function isNewer(written: KubeObject, cached: KubeObject | undefined): boolean {
  if (!cached) return true;
  if (cached.metadata?.uid !== written.metadata?.uid) return false;
  return compareVersions(written.metadata?.resourceVersion, cached.metadata?.resourceVersion) > 0;
}

/** Negative when `a` is older than `b`. Versions that are no integers count as equal. */
export function compareVersions(a: string | undefined, b: string | undefined): number {
  if (!a || !b || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return 0;
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
