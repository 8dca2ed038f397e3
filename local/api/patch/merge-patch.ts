/** RFC 7386 as the API server applies it. */
import { clone, isObject, type JsonObject, type JsonValue, own, put } from '../schema/json.ts';
import { PatchError } from './errors.ts';

/**
 * The document with the merge patch applied; neither is changed. As in the real server, null also means
 * "absent" in objects within lists that are new, and a patch that is a scalar is refused (PatchError, 400).
 */
export function mergePatch(doc: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null) throw new PatchError('Invalid JSON Patch', 400);
  return merge(doc as JsonValue | undefined, patch as JsonValue);
}

function merge(doc: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(doc)) return withoutNulls(patch);
  if (!isObject(patch)) return clone(patch);
  const out: JsonObject = {};
  for (const key of Object.keys(doc)) {
    if (own(patch, key) !== null) put(out, key, doc[key] as JsonValue);
  }
  for (const key of Object.keys(patch)) {
    const value = patch[key] as JsonValue;
    if (value !== null) put(out, key, merge(own(out, key), value));
  }
  return out;
}

/** What is new has nothing to delete. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const key of Object.keys(value)) {
    const child = value[key] as JsonValue;
    if (child !== null) put(out, key, withoutNulls(child));
  }
  return out;
}
