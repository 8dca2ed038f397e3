import { type Cache, type Change, createCache } from '#kube/cache.ts';
import type { KubeObject } from '#kube/resource.ts';

/**
 * The objects as the function knows them. Outlives a broken connection, so that the next list shows what
 * happened meanwhile.
 */
export interface Knowledge {
  readonly objects: Cache<KubeObject>;
  /** Whether it is complete as of some moment: what differs later is a change. */
  complete: boolean;
}

export function createKnowledge(): Knowledge {
  return { objects: createCache(), complete: false };
}

/** Takes changes back that the function did not get, so that they are found again. */
export function forget({ objects }: Knowledge, changes: readonly Change<KubeObject>[]): void {
  for (const { key, previous } of changes.toReversed()) {
    if (previous === undefined) objects.delete(key);
    else objects.set(previous);
  }
}
