/** Filling in the defaults of a schema. */
import { clone, isObject, type JsonObject, type JsonValue, own, put } from './json.ts';
import { childOf, itemsOf } from './prune.ts';
import type { JSONSchema, KubeObject } from './types.ts';

/** The object with defaults for absent fields, and for null where the schema is not nullable. */
export function withDefaults(schema: JSONSchema, obj: KubeObject): KubeObject {
  const object = clone(obj) as JsonObject;
  apply(object, schema);
  return object as KubeObject;
}

function apply(value: JsonValue, schema: JSONSchema | undefined): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    for (const [index, item] of value.entries()) {
      if (replaceable(item, items)) value[index] = clone(items?.default ?? null);
      apply(value[index] as JsonValue, items);
    }
  } else if (isObject(value)) applyToMap(value, schema);
}

function applyToMap(value: JsonObject, schema: JSONSchema): void {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined || property.default === null) continue;
    const current = own(value, key);
    if (current === undefined || replaceable(current, property)) put(value, key, clone(property.default));
  }
  for (const key of Object.keys(value)) {
    const below = childOf(schema, key)?.schema;
    const declared = Object.hasOwn(schema.properties ?? {}, key);
    if (!declared && replaceable(value[key], below)) value[key] = clone(below?.default ?? null);
    apply(value[key] as JsonValue, below);
  }
}

function replaceable(value: JsonValue | undefined, schema: JSONSchema | undefined): boolean {
  return value === null && schema !== undefined && !schema.nullable;
}
