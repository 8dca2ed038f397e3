/** Defaults within a schema must fit the schema. */

import { withDefaults } from '../defaults.ts';
import { invalid } from '../errors.ts';
import { clone, deepEqual, type JsonObject } from '../json.ts';
import { prune } from '../prune.ts';
import type { FieldError, JSONSchema } from '../types.ts';
import { validate } from '../validate/index.ts';
import { children } from './keywords.ts';

/** Defaults that have unknown fields, or that validation would refuse. */
export function defaultErrors(schema: JSONSchema, path: string): FieldError[] {
  const nested = children(schema, path).flatMap(({ child, at }) => defaultErrors(child, at));
  const value = schema.default;
  if (value === undefined || value === null) return nested;
  const at = `${path}.default`;
  const wrapper: JSONSchema = { type: 'object', properties: { value: schema } };
  const pruned = prune(wrapper, { value: clone(value) });
  if (!deepEqual((pruned.object as JsonObject).value, value)) {
    return [...nested, invalid(at, value, 'must not have unknown fields')];
  }
  const errors = validate(wrapper, withDefaults(wrapper, pruned.object)).map((error) => ({
    ...error,
    message: error.message.replaceAll('value in body', `${at} in body`),
    field: error.field.replace(/^value/, at),
  }));
  return [...nested, ...errors];
}
