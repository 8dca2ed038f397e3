/** Finds what a watch lost, by comparing the cache with a list that is read beside the running watch. */
import type { Cache, Change } from './cache.ts';
import { type KubeObject, objectKey } from './resource.ts';

export interface Audit<T extends KubeObject> {
  list(): Promise<{ items: T[]; resourceVersion: string }>;
  /** Waits until events that the server had sent before the list must have come in. */
  settle(): Promise<void>;
  cache: Pick<Cache<T>, 'get' | 'keys' | 'set' | 'delete'>;
  /** The watch delivered something for this key since the audit began. */
  wasTouched(key: string): boolean;
  /** False when the watch broke meanwhile: what is missing may then still come, and nothing was lost. */
  isCurrent(): boolean;
  repaired(change: Change<T>): void;
}

/** Applies and reports the listed state of objects that the watch should have updated and did not. */
export async function compareWithList<T extends KubeObject>(audit: Audit<T>): Promise<void> {
  const { cache } = audit;
  const before = new Set(cache.keys());
  const { items } = await audit.list();
  const listed = new Map(items.map((item) => [objectKey(item), item]));
  await audit.settle();
  if (!audit.isCurrent()) return;
  const repair = (change: Change<T> | undefined) => {
    if (change !== undefined) audit.repaired(change);
  };
  for (const [key, item] of listed) if (!audit.wasTouched(key)) repair(cache.set(item));
  for (const key of before) if (!listed.has(key) && !audit.wasTouched(key)) repair(cache.delete(key));
}
