/** Checking that a value has the JSON types of its schema, as decoding into Go structs would find out. */
import { typeInvalid } from '../errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { childOf, itemsOf } from '../prune.ts';
import type { FieldError, JSONSchema, KubeObject } from '../types.ts';

/** The values of the wrong type; `metadata` is checked elsewhere. */
export function validateTypes(schema: JSONSchema, obj: KubeObject): FieldError[] {
  const { metadata: _, ...rest } = obj as JsonObject;
  const errors: FieldError[] = [];
  walk(rest, schema, '', errors);
  return errors;
}

function walk(value: JsonValue, schema: JSONSchema, path: string, errors: FieldError[]): void {
  if (value === null || schema['x-kubernetes-preserve-unknown-fields']) return;
  if (!fits(value, schema)) {
    const expected = schema['x-kubernetes-int-or-string'] ? 'integer or string' : (schema.type ?? 'any');
    errors.push(typeInvalid(path, value, `must be of type ${expected}`));
  } else if (Array.isArray(value)) {
    const items = itemsOf(schema);
    for (const [index, item] of value.entries()) if (items) walk(item, items, `${path}[${index}]`, errors);
  } else if (isObject(value)) walkMap(value, schema, path, errors);
}

function walkMap(value: JsonObject, schema: JSONSchema, path: string, errors: FieldError[]): void {
  for (const [key, child] of Object.entries(value)) {
    const below = childOf(schema, key)?.schema;
    if (below) walk(child, below, path === '' ? key : `${path}.${key}`, errors);
  }
}

const RANGES: Record<string, number> = { int32: 2 ** 31, int64: 2 ** 63 };

function fits(value: JsonValue, schema: JSONSchema): boolean {
  if (schema['x-kubernetes-int-or-string']) return typeof value === 'number' || typeof value === 'string';
  switch (schema.type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer': {
      const limit = RANGES[schema.format ?? ''] ?? Number.POSITIVE_INFINITY;
      return Number.isInteger(value) && (value as number) >= -limit && (value as number) < limit;
    }
    case 'string':
      return typeof value === 'string' && fitsFormat(value, schema.format);
    case undefined:
      return true;
    default:
      return typeof value === schema.type;
  }
}

function fitsFormat(text: string, format: string | undefined): boolean {
  if (format === 'byte') return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return format !== 'date-time' || !Number.isNaN(Date.parse(text));
}
