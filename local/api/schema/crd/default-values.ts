/** Defaults within a schema must fit the schema. */
import { runRules } from '../cel/evaluate.ts';
import { invalid } from '../errors.ts';
import { clone, deepEqual, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { prune } from '../prune.ts';
import type { FieldError, JSONSchema } from '../types.ts';
import { validateNode } from '../validate/value.ts';
import { children } from './keywords.ts';

/**
 * Defaults that have unknown fields, or that the schema or its rules refuse. A default is judged as it is
 * written: defaults of fields within it are not filled in, so rules may not count on them.
 */
export function defaultErrors(schema: JSONSchema, path: string): FieldError[] {
  const nested = children(schema, path).flatMap(({ child, at }) => defaultErrors(child, at));
  const value = schema.default;
  if (value === undefined || value === null) return nested;
  return [...valueErrors(value, schema, `${path}.default`), ...nested];
}

function valueErrors(value: JsonValue, schema: JSONSchema, at: string): FieldError[] {
  const unknown = isPruned(value, schema) ? [] : [invalid(at, value, 'must not have unknown fields')];
  const { errors } = validateNode({ value, schema, path: '' });
  const moved = errors.map((error) => ({
    ...error,
    field: error.field === '' ? at : `${at}.${error.field}`,
  }));
  if (moved.length > 0) return [...unknown, ...moved];
  return [...unknown, ...runRules({ value, schema, path: at, root: false, old: undefined })];
}

function isPruned(value: JsonValue, schema: JSONSchema): boolean {
  if (!isObject(value) && !Array.isArray(value)) return true;
  const wrapper: JSONSchema = { type: 'object', properties: { value: schema } };
  const { unknown, object } = prune(wrapper, { value: clone(value) });
  return unknown.length === 0 || deepEqual((object as JsonObject).value, value);
}
