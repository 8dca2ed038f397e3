import type { ApiObject } from '../core/objects.ts';

/** The objects of one resource, in the order of their keys. */
export interface Collection {
  get(key: string): ApiObject | undefined;
  set(key: string, object: ApiObject): void;
  delete(key: string): void;
  /** Keys from `from` on that start with `prefix`, in order. */
  keys(prefix: string, from?: string): Iterable<string>;
  readonly size: number;
}

export function createCollection(): Collection {
  const objects = new Map<string, ApiObject>();
  let order: string[] = [];
  // Copied before a change while someone may be iterating it.
  let shared = false;

  const own = () => {
    if (shared) order = order.slice();
    shared = false;
  };

  return {
    get: (key) => objects.get(key),
    get size() {
      return objects.size;
    },
    set(key, object) {
      if (!objects.has(key)) {
        own();
        order.splice(lowerBound(order, key), 0, key);
      }
      objects.set(key, object);
    },
    delete(key) {
      if (!objects.delete(key)) return;
      own();
      order.splice(lowerBound(order, key), 1);
    },
    *keys(prefix, from) {
      shared = true;
      const snapshot = order;
      const start = from !== undefined && from > prefix ? from : prefix;
      for (let i = lowerBound(snapshot, start); i < snapshot.length; i++) {
        const key = snapshot[i] as string;
        if (!key.startsWith(prefix)) return;
        yield key;
      }
    },
  };
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
