/** kubectl's move from client-side to server-side apply, by way of its last-applied annotation. */
import { isObject, type JsonObject, type JsonValue } from '../schema/json.ts';
import type { Atom } from './atoms.ts';
import { checkValue } from './check.ts';
import { compare } from './compare.ts';
import type { FieldSet } from './field-set.ts';
import { fieldSetOf } from './field-set-of.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The sum of keys and values that all annotations of an object may have, in bytes. */
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** The annotation's value, if the object has one. */
export function lastApplied(object: JsonObject): string | undefined {
  const metadata = object.metadata;
  const annotations = isObject(metadata) ? metadata.annotations : undefined;
  const value = isObject(annotations) ? annotations[LAST_APPLIED] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * The fields that the live object still has as client-side apply last set them: kubectl may take these
 * over without force. Undefined when the annotation is absent or of no use.
 */
export function fieldsOfLastApplied(atom: Atom, live: JsonObject): FieldSet | undefined {
  const text = lastApplied(live);
  const config = text === undefined ? undefined : parse(text);
  if (config === undefined || config.apiVersion !== live.apiVersion) return undefined;
  if (checkValue(atom, live, false).length > 0 || checkValue(atom, config, false).length > 0)
    return undefined;
  const { added, modified, removed } = compare(atom, config, live);
  return fieldSetOf(atom, config).difference(modified).difference(added).difference(removed);
}

function parse(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps the annotation in step with what kubectl applied, so that a later client-side apply sees the right
 * ancestor. It is dropped when the annotations would become too large. Changes `object`.
 */
export function setLastApplied(object: JsonObject, applied: JsonObject): void {
  const metadata = object.metadata;
  if (!isObject(metadata)) return;
  const annotations: JsonObject = { ...(isObject(metadata.annotations) ? metadata.annotations : {}) };
  annotations[LAST_APPLIED] = `${sortedJson(withoutAnnotation(applied))}\n`;
  if (annotationBytes(annotations) > MAX_ANNOTATIONS_BYTES) delete annotations[LAST_APPLIED];
  object.metadata = { ...metadata, annotations };
}

function withoutAnnotation(applied: JsonObject): JsonObject {
  const { metadata } = applied;
  if (!isObject(metadata) || !isObject(metadata.annotations)) return applied;
  const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations;
  return { ...applied, metadata: { ...metadata, annotations } };
}

function annotationBytes(annotations: JsonObject): number {
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
}

function sortedJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, item: JsonValue) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}
