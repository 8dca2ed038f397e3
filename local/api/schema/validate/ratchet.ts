/** Ratcheting: what was invalid before and is not touched by an update may stay. */
import { deepEqual, isObject, type JsonValue, own } from '../json.ts';
import type { JSONSchema } from '../types.ts';

/** The stored value that corresponds to the one being validated. */
export interface Correlation {
  value: JsonValue;
}

/** Whether an update leaves the value as it was. */
export function unchanged(old: Correlation | undefined, value: JsonValue): boolean {
  return old !== undefined && deepEqual(old.value, value);
}

/** The stored value of a field. */
export function correlateField(old: Correlation | undefined, key: string): Correlation | undefined {
  const value = old && isObject(old.value) ? own(old.value, key) : undefined;
  return value === undefined ? undefined : { value };
}

/** The stored item of the same key; items of other lists than list-maps have no identity. */
export function correlateItem(
  old: Correlation | undefined,
  list: JSONSchema,
  item: JsonValue,
): Correlation | undefined {
  const keys = list['x-kubernetes-list-map-keys'];
  if (!old || !Array.isArray(old.value) || list['x-kubernetes-list-type'] !== 'map' || !keys)
    return undefined;
  const matching = old.value.filter((candidate) => sameKeys(candidate, item, keys));
  return matching[0] === undefined ? undefined : { value: matching[0] };
}

/** Whether two items of a list-map have equal keys. */
export function sameKeys(a: JsonValue, b: JsonValue, keys: readonly string[]): boolean {
  return isObject(a) && isObject(b) && keys.every((key) => deepEqual(own(a, key), own(b, key)));
}
