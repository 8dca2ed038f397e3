/** All objects, in memory, under one growing version. */
import type { ApiObject } from '../core/objects.ts';
import { type Collection, createCollection } from './collection.ts';
import { createHistory, type History, type StoreEvent } from './history.ts';
import type { Persistence } from './persistence.ts';

export interface Store {
  /** The version of the latest write. */
  readonly revision: number;
  get(bucket: string, key: string): ApiObject | undefined;
  /** Objects whose key starts with `prefix`, ordered by key, from `from` on. */
  list(bucket: string, prefix: string, from?: string): ApiObject[];
  /** The same as of an earlier version; undefined when that is no longer known. */
  listAt(bucket: string, prefix: string, revision: number, from?: string): ApiObject[] | undefined;
  count(bucket: string): number;
  /** Stores the object under the next version and returns it as stored. */
  put(bucket: string, key: string, object: ApiObject): ApiObject;
  /** Removes the object; `last` is the state that watchers see last, by default the stored one. */
  remove(bucket: string, key: string, last?: ApiObject): ApiObject | undefined;
  /** Events after `revision`, or undefined when they are no longer all known. */
  since(bucket: string, revision: number): StoreEvent[] | undefined;
  /** The oldest version a watch of the bucket can start from. */
  floor(bucket: string): number;
  /** Calls back synchronously after each write to the bucket. */
  subscribe(bucket: string, listener: (event: StoreEvent) => void): () => void;
}

export interface StoreOptions {
  /** Where versions start when nothing is persisted. */
  startRevision: number;
  persistence?: Persistence;
  /** Events kept per bucket, at least. */
  historyLimit?: number;
}

interface Bucket {
  objects: Collection;
  history: History;
  listeners: Set<(event: StoreEvent) => void>;
}

const DEFAULT_HISTORY_LIMIT = 2_048;

export function createStore(options: StoreOptions): Store {
  const { persistence, historyLimit = DEFAULT_HISTORY_LIMIT } = options;
  const loaded = persistence?.load();
  // A store that comes back goes on where it was, so that watches can, too.
  const startRevision = loaded?.revision || options.startRevision;
  const buckets = new Map<string, Bucket>();
  let revision = startRevision;

  const bucketOf = (name: string): Bucket => {
    let bucket = buckets.get(name);
    if (!bucket) {
      bucket = {
        objects: createCollection(),
        history: createHistory(historyLimit, startRevision),
        listeners: new Set(),
      };
      buckets.set(name, bucket);
    }
    return bucket;
  };
  for (const row of loaded?.rows ?? []) bucketOf(row.bucket).objects.set(row.key, row.object);

  const emit = (bucket: Bucket, event: StoreEvent) => {
    bucket.history.push(event);
    for (const listener of [...bucket.listeners]) listener(event);
  };

  return {
    get revision() {
      return revision;
    },
    get: (name, key) => bucketOf(name).objects.get(key),
    list: (name, prefix, from) => listNow(bucketOf(name).objects, prefix, from),
    listAt(name, prefix, at, from) {
      const bucket = bucketOf(name);
      const undone = bucket.history.since(at);
      return undone && rewind(bucket.objects, undone, prefix, from);
    },
    count: (name) => bucketOf(name).objects.size,
    put(name, key, object) {
      const bucket = bucketOf(name);
      const previous = bucket.objects.get(key);
      revision += 1;
      const stored = withRevision(object, revision);
      persistence?.put(name, key, stored, revision);
      bucket.objects.set(key, stored);
      emit(bucket, { type: previous ? 'MODIFIED' : 'ADDED', key, object: stored, previous, revision });
      return stored;
    },
    remove(name, key, last) {
      const bucket = bucketOf(name);
      const previous = bucket.objects.get(key);
      if (!previous) return undefined;
      revision += 1;
      const final = withRevision(last ?? previous, revision);
      persistence?.remove(name, key, revision);
      bucket.objects.delete(key);
      emit(bucket, { type: 'DELETED', key, object: final, previous, revision });
      return final;
    },
    since: (name, after) => bucketOf(name).history.since(after),
    floor: (name) => bucketOf(name).history.floor,
    subscribe(name, listener) {
      const { listeners } = bucketOf(name);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function withRevision(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function listNow(objects: Collection, prefix: string, from?: string): ApiObject[] {
  const found: ApiObject[] = [];
  for (const key of objects.keys(prefix, from)) found.push(objects.get(key) as ApiObject);
  return found;
}

/** Today's objects with the given events taken back. */
function rewind(objects: Collection, undone: StoreEvent[], prefix: string, from?: string): ApiObject[] {
  if (undone.length === 0) return listNow(objects, prefix, from);
  const past = new Map<string, ApiObject>();
  for (const key of objects.keys(prefix, from)) past.set(key, objects.get(key) as ApiObject);
  for (const event of undone.toReversed()) {
    if (!event.key.startsWith(prefix) || (from !== undefined && event.key < from)) continue;
    if (event.previous) past.set(event.key, event.previous);
    else past.delete(event.key);
  }
  return [...past].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
}
