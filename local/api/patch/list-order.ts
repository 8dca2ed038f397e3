/** The order of a list after a strategic merge: the patch decides for its items, the server for its own. */
import { deepEqual, isObject, type JsonObject, type JsonValue, own } from '../schema/json.ts';
import { PatchError } from './errors.ts';

export interface Parts {
  /** Items that the patch speaks of. */
  patched: JsonValue[];
  /** Items that only the stored list has. */
  serverOnly: JsonValue[];
}

/** Splits a list by whether `reference` has an item of the same key. */
export function partition(
  list: readonly JsonValue[],
  reference: readonly JsonValue[],
  mergeKey: string,
): Parts {
  const parts: Parts = { patched: [], serverOnly: [] };
  for (const item of list) {
    if (mergeKey !== '' && !(isObject(item) && Object.hasOwn(item, mergeKey))) {
      throw mergeKeyMissing(item, mergeKey);
    }
    (position(reference, item, mergeKey) >= 0 ? parts.patched : parts.serverOnly).push(item);
  }
  return parts;
}

/** Puts the parts together: each in its own order, interleaved by where the stored list had the items. */
export function arrange(
  parts: Parts,
  patchOrder: readonly JsonValue[],
  serverOrder: readonly JsonValue[],
  mergeKey: string,
): JsonValue[] {
  const left = inOrder(parts.serverOnly, serverOrder, mergeKey);
  const right = inOrder(parts.patched, patchOrder, mergeKey);
  const out: JsonValue[] = [];
  while (left.length > 0 && right.length > 0) {
    const before = position(serverOrder, left[0] as JsonValue, mergeKey);
    const after = position(serverOrder, right[0] as JsonValue, mergeKey);
    const serverFirst = before >= 0 && after >= 0 && before < after;
    out.push((serverFirst ? left : right).shift() as JsonValue);
  }
  return [...out, ...left, ...right];
}

function inOrder(items: readonly JsonValue[], order: readonly JsonValue[], mergeKey: string): JsonValue[] {
  return items.toSorted((a, b) => position(order, a, mergeKey) - position(order, b, mergeKey));
}

function position(list: readonly JsonValue[], item: JsonValue, mergeKey: string): number {
  if (mergeKey === '') return list.findIndex((candidate) => deepEqual(candidate, item));
  return findByKey(list, mergeKey, own(item as JsonObject, mergeKey) as JsonValue);
}

/** The index of the item whose merge key has the value, or -1. */
export function findByKey(list: readonly JsonValue[], mergeKey: string, value: JsonValue): number {
  return list.findIndex((item) => isObject(item) && deepEqual(own(item, mergeKey), value));
}

/** The error for an item of a list-map that lacks its key. */
export function mergeKeyMissing(item: JsonValue, mergeKey: string): PatchError {
  return new PatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`, 500);
}
