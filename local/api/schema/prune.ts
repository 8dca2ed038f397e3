/** Dropping what a schema does not know, and the nulls that it does not allow. */
import { isBuiltin, objectMetaSchema } from './builtin/index.ts';
import { clone, compareStrings, isObject, type JsonObject, type JsonValue } from './json.ts';
import type { JSONSchema, KubeObject } from './types.ts';

/** Fields of every object, which no schema has to name. */
const META_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

interface Context {
  unknown: string[];
}

/**
 * The object without unknown fields, and their paths such as `spec.foo` and `spec.list[0].bar`.
 * Null counts as absent where the schema is not nullable and has no default (which would replace it).
 */
export function prune(schema: JSONSchema, obj: KubeObject): { object: KubeObject; unknown: string[] } {
  const object = clone(obj) as JsonObject;
  const context: Context = { unknown: [] };
  const meta: Record<string, JsonValue> = {};
  for (const field of META_FIELDS) {
    if (Object.hasOwn(object, field)) meta[field] = object[field] as JsonValue;
    delete object[field];
  }
  const metadata = meta.metadata;
  if (isObject(metadata)) {
    walk(metadata, objectMetaSchema(), 'metadata', context);
    dropNulls(metadata, objectMetaSchema(), true);
  } else if (metadata === null) delete meta.metadata;
  const bodyUnknown: Context = { unknown: [] };
  walk(object, schema, '', bodyUnknown);
  dropNulls(object, schema, isBuiltin(schema));
  const body = isBuiltin(schema) ? bodyUnknown.unknown : bodyUnknown.unknown.sort(compareStrings);
  return { object: { ...meta, ...object }, unknown: [...context.unknown, ...body] };
}

function walk(value: JsonValue, schema: JSONSchema | undefined, path: string, context: Context): void {
  const keep = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  if (isObject(value)) walkMap(value, schema, keep, path, context);
  else if (Array.isArray(value)) {
    const items = itemsOf(schema);
    for (const [index, item] of value.entries()) {
      const below = keep ? lenient(items) : items;
      if (!keep || items) walk(item, below, `${path}[${index}]`, context);
    }
  }
}

/** Items of a list that keeps unknown fields keep them too. */
function lenient(schema: JSONSchema | undefined): JSONSchema | undefined {
  return schema && { ...schema, 'x-kubernetes-preserve-unknown-fields': true };
}

function walkMap(
  value: JsonObject,
  schema: JSONSchema | undefined,
  keep: boolean,
  path: string,
  context: Context,
): void {
  for (const key of Object.keys(value)) {
    if (schema?.['x-kubernetes-embedded-resource'] && META_FIELDS.has(key)) continue;
    const at = path === '' ? key : `${path}.${key}`;
    const below = childOf(schema, key);
    if (below !== undefined) walk(value[key] as JsonValue, below.schema, at, context);
    else if (!keep) {
      context.unknown.push(at);
      delete value[key];
    }
  }
}

/** The schema below a key; `{schema: undefined}` when the key is allowed but nothing in it is known. */
export function childOf(
  schema: JSONSchema | undefined,
  key: string,
): { schema: JSONSchema | undefined } | undefined {
  const properties = schema?.properties;
  if (properties && Object.hasOwn(properties, key)) return { schema: properties[key] };
  const additional = schema?.additionalProperties;
  if (additional === undefined || additional === false) return undefined;
  return { schema: additional === true ? undefined : additional };
}

/** The schema of the items of a list. */
export function itemsOf(schema: JSONSchema | undefined): JSONSchema | undefined {
  return Array.isArray(schema?.items) ? schema.items[0] : schema?.items;
}

/** Removes null where it means absent. In Go structs (`typed`) it always does, but for the items of lists. */
function dropNulls(value: JsonValue, schema: JSONSchema | undefined, typed: boolean): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item, itemsOf(schema), typed);
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) dropNullsAt(value, key, schema, typed);
  }
}

function dropNullsAt(value: JsonObject, key: string, schema: JSONSchema, typed: boolean): void {
  const below = childOf(schema, key);
  if (below === undefined) return;
  const child = value[key] as JsonValue;
  if (child !== null) dropNulls(child, below.schema, typed);
  else if (typed && schema.properties === undefined) value[key] = zeroOf(below.schema);
  else if (typed || (below.schema && !below.schema.nullable && below.schema.default === undefined)) {
    delete value[key];
  }
}

/** What Go makes of null as a value of a map. */
function zeroOf(schema: JSONSchema | undefined): JsonValue {
  return schema?.type === 'string' ? '' : null;
}
