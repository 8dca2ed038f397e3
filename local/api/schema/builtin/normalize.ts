/** The form in which the real server, whose types are Go structs, gives built-in objects back. */
import { clone, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { childOf, itemsOf } from '../prune.ts';
import { canonicalQuantity, isQuantity } from '../quantity.ts';
import type { JSONSchema, KubeObject } from '../types.ts';
import { objectMetaSchema } from './index.ts';
import { isZeroOmitted } from './models.ts';

/** The object without nulls and without the empty values that such structs do not write. */
export function normalize(schema: JSONSchema, obj: KubeObject): KubeObject {
  const object = clone(obj) as JsonObject;
  const { metadata } = object;
  if (isObject(metadata)) walk(metadata, objectMetaSchema());
  walk(object, schema);
  return object as KubeObject;
}

function walk(value: JsonValue, schema: JSONSchema | undefined): void {
  if (schema === undefined || schema['x-kubernetes-preserve-unknown-fields']) return;
  if (Array.isArray(value)) {
    for (const item of value) walk(item, itemsOf(schema));
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) walkField(value, key, childOf(schema, key)?.schema);
  }
}

function walkField(object: JsonObject, key: string, schema: JSONSchema | undefined): void {
  const value = object[key] as JsonValue;
  if (schema === undefined) return;
  if (schema.format === 'quantity') object[key] = canonical(value);
  walk(value, schema);
  const empty = value === null || (isZeroOmitted(schema) && isZero(value));
  if (empty) delete object[key];
}

/** Quantities have one form; what is none is left for validation to refuse. */
function canonical(value: JsonValue): JsonValue {
  const text = String(value);
  return value !== null && isQuantity(text) ? canonicalQuantity(text) : value;
}

function isZero(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) ? Object.keys(value).length === 0 : value === 0 || value === false || value === '';
}
