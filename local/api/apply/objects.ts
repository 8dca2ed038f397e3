/** Objects and their managedFields, apart from each other. */
import { clone, deepEqual, isObject, type JsonObject, type JsonValue } from '../schema/json.ts';
import type { KubeObject } from '../schema/types.ts';
import { encodeManaged, type Managed, type ManagedFieldsEntry } from './managed-fields.ts';

/**
 * The object with the timestamps of `before` when nothing else differs, so that a write without effect is
 * seen as one.
 */
export function restoreTimestamps(before: KubeObject, after: KubeObject): KubeObject {
  const strip = (object: KubeObject) => {
    const copy = withoutEntries(object as JsonObject);
    const entries = (entriesOf(object as JsonObject) ?? []).map(({ time: _, ...entry }) => entry);
    return { copy, entries };
  };
  return deepEqual(strip(before), strip(after)) ? clone(before) : after;
}

/** What an object is compared with before it exists. */
export function emptyObject({ apiVersion, kind }: KubeObject): KubeObject {
  return { apiVersion, kind };
}

/** The entries of an object as they stand; undefined when it has none at all. */
export function entriesOf(object: JsonObject | undefined): ManagedFieldsEntry[] | undefined {
  const metadata = object?.metadata;
  const entries = isObject(metadata) ? metadata.managedFields : undefined;
  return Array.isArray(entries) ? (entries as ManagedFieldsEntry[]) : undefined;
}

/** The object without its entries; it is shared where nothing has to go. */
export function withoutEntries(object: JsonObject): JsonObject {
  if (!isObject(object.metadata) || !('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Writes the entries; changes `object`. */
export function setEntries(object: JsonObject, managed: Managed): void {
  const entries = encodeManaged(managed);
  if (entries.length === 0) return;
  const metadata = isObject(object.metadata) ? object.metadata : {};
  object.metadata = { ...metadata, managedFields: entries as unknown as JsonValue };
}
