/** Objects by key, frozen, with optional indexes. No I/O. */
import { type KubeObject, objectKey } from './resource.ts';

/** Index values of an object; undefined or empty leaves it out. */
export type IndexFunction<T> = (object: T) => string | readonly string[] | undefined;

export interface Change<T> {
  key: string;
  /** Absent when the object was deleted. */
  current?: T;
  /** Absent when the object is new. */
  previous?: T;
}

export interface Cache<T> {
  get(key: string): T | undefined;
  list(): T[];
  keys(): IterableIterator<string>;
  byIndex(index: string, value: string): T[];
  readonly size: number;
  /** Undefined when nothing changed. */
  set(object: T): Change<T> | undefined;
  delete(key: string): Change<T> | undefined;
  /** Makes the cache hold exactly these objects and returns the differences, deletions first. */
  replace(objects: T[]): Change<T>[];
}

/** An index by the value of a label. */
export function byLabel<T extends KubeObject>(label: string): IndexFunction<T> {
  return (object) => object.metadata?.labels?.[label];
}

export function createCache<T extends KubeObject>(indexes: Record<string, IndexFunction<T>> = {}): Cache<T> {
  const objects = new Map<string, T>();
  const tables = new Map(Object.keys(indexes).map((name) => [name, new Map<string, Set<string>>()]));

  const index = (key: string, object: T, change: 'add' | 'remove') => {
    for (const [name, table] of tables) {
      for (const value of valuesOf(indexes[name]?.(object))) {
        if (change === 'add') addTo(table, value, key);
        else removeFrom(table, value, key);
      }
    }
  };

  const cache: Cache<T> = {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    keys: () => objects.keys(),
    byIndex(name, value) {
      const table = tables.get(name);
      if (table === undefined) throw new TypeError(`There is no index "${name}"`);
      return [...(table.get(value) ?? [])].map((key) => objects.get(key) as T);
    },
    get size() {
      return objects.size;
    },
    set(object) {
      const key = objectKey(object);
      const previous = objects.get(key);
      if (previous !== undefined && sameVersion(previous, object)) return undefined;
      if (previous !== undefined) index(key, previous, 'remove');
      const current = deepFreeze(object);
      objects.set(key, current);
      index(key, current, 'add');
      return { key, current, previous };
    },
    delete(key) {
      const previous = objects.get(key);
      if (previous === undefined) return undefined;
      index(key, previous, 'remove');
      objects.delete(key);
      return { key, previous };
    },
    replace(next) {
      const present = new Set(next.map(objectKey));
      const gone = [...objects.keys()].filter((key) => !present.has(key));
      return [...gone.map((key) => cache.delete(key)), ...next.map((object) => cache.set(object))].filter(
        (change) => change !== undefined,
      );
    },
  };
  return cache;
}

/** Two readings of one object between which nothing changed. */
export function sameVersion(a: KubeObject, b: KubeObject): boolean {
  return (
    a.metadata?.resourceVersion !== undefined &&
    a.metadata.resourceVersion === b.metadata?.resourceVersion &&
    a.metadata.uid === b.metadata.uid
  );
}

function valuesOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function addTo(table: Map<string, Set<string>>, value: string, key: string): void {
  const keys = table.get(value);
  if (keys === undefined) table.set(value, new Set([key]));
  else keys.add(key);
}

function removeFrom(table: Map<string, Set<string>>, value: string, key: string): void {
  const keys = table.get(value);
  keys?.delete(key);
  if (keys?.size === 0) table.delete(value);
}

/** Readers share cached objects, so a reader that changes one must fail, not spoil it for the others. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
