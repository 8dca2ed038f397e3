/** RFC 7386. */
import { clone, isObject, type JsonObject, type JsonValue, own, put } from '../schema/json.ts';

/** The document with the merge patch applied; neither is changed. A patch that is no object replaces all. */
export function mergePatch(doc: unknown, patch: unknown): unknown {
  return merge(doc as JsonValue | undefined, patch as JsonValue);
}

function merge(doc: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return clone(patch);
  const out: JsonObject = isObject(doc) ? shallow(doc) : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key] as JsonValue;
    if (value === null) delete out[key];
    else put(out, key, merge(own(out, key), value));
  }
  return out;
}

function shallow(doc: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const key of Object.keys(doc)) put(out, key, doc[key] as JsonValue);
  return out;
}
