/** Uniqueness of the items of sets and list-maps. */
import { duplicate } from '../errors.ts';
import { goJsonText, isObject, type JsonObject, type JsonValue, own } from '../json.ts';
import { childOf, itemsOf } from '../prune.ts';
import type { FieldError, JSONSchema } from '../types.ts';

/** The items that repeat where they must not, at and below a value. */
export function listTypeErrors(value: JsonValue, schema: JSONSchema | undefined, path: string): FieldError[] {
  if (schema === undefined) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return [
      ...uniqueness(value, schema, path),
      ...value.flatMap((item, index) => listTypeErrors(item, items, `${path}[${index}]`)),
    ];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const declared = Object.hasOwn(schema.properties ?? {}, key);
    const at = declared ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`;
    return listTypeErrors(child, childOf(schema, key)?.schema, at);
  });
}

function uniqueness(items: readonly JsonValue[], schema: JSONSchema, path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return repeated(items, path);
  if (type !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const defaults = itemsOf(schema)?.properties ?? {};
  const keyed = items.map((item) => keysOf(isObject(item) ? item : {}, keys, defaults));
  return repeated(keyed, path);
}

function keysOf(item: JsonObject, keys: readonly string[], schemas: Record<string, JSONSchema>): JsonObject {
  const found: JsonObject = {};
  for (const key of keys) {
    const value = own(item, key) ?? schemas[key]?.default;
    if (value !== undefined) found[key] = value;
  }
  return found;
}

/** Each value that occurs more than once is reported at its second place. */
function repeated(values: readonly JsonValue[], path: string): FieldError[] {
  const counts = new Map<string, number>();
  return values.flatMap((value, index) => {
    const text = goJsonText(value);
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    return count === 2 ? [duplicate(`${path}[${index}]`, value)] : [];
  });
}
