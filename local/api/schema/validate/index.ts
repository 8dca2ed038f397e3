/** Validation of custom resources against their schema and its rules. */
import { runRules } from '../cel/evaluate.ts';
import { invalid, required } from '../errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { childOf, itemsOf } from '../prune.ts';
import type { FieldError, JSONSchema, KubeObject } from '../types.ts';
import { listTypeErrors } from './list-types.ts';
import { validateNode } from './value.ts';

/** Errors after which rules would only repeat what is wrong, or fail on it. */
const BLOCKING = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/**
 * Everything that is wrong with an object; `old` is the stored one on updates, whose unchanged parts are
 * not held against a write. Defaults must be filled in first. `metadata` is validated elsewhere.
 */
export function validate(schema: JSONSchema, obj: KubeObject, old?: KubeObject): FieldError[] {
  const value = obj as JsonObject;
  const before = old === undefined ? undefined : { value: old as JsonObject };
  const { errors } = validateNode({ value, schema, path: '', old: before });
  errors.push(...embeddedErrors(value, schema, ''));
  if (before === undefined || listTypeErrors(before.value, schema, '').length === 0) {
    errors.push(...listTypeErrors(value, schema, ''));
  }
  if (errors.some(({ type }) => BLOCKING.has(type))) {
    if (containsRules(schema)) errors.push(skippedRules());
    return errors;
  }
  return [...errors, ...runRules({ value, schema, path: '', root: true, old: before })];
}

function skippedRules(): FieldError {
  return invalid(
    '<nil>',
    null,
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  );
}

const ruled = new WeakMap<JSONSchema, boolean>();

function containsRules(schema: JSONSchema): boolean {
  const known = ruled.get(schema);
  if (known !== undefined) return known;
  const found = JSON.stringify(schema).includes('"x-kubernetes-validations"');
  ruled.set(schema, found);
  return found;
}

/** Embedded objects must say what they are. */
function embeddedErrors(value: JsonValue, schema: JSONSchema | undefined, path: string): FieldError[] {
  if (schema === undefined) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return value.flatMap((item, index) => embeddedErrors(item, items, `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  const here = schema['x-kubernetes-embedded-resource'] ? typeMetaErrors(value, path) : [];
  const below = Object.entries(value).flatMap(([key, child]) =>
    embeddedErrors(child, childOf(schema, key)?.schema, path === '' ? key : `${path}.${key}`),
  );
  return [...here, ...below];
}

function typeMetaErrors(value: JsonObject, path: string): FieldError[] {
  const missing = ['apiVersion', 'kind'].filter(
    (field) => typeof value[field] !== 'string' || value[field] === '',
  );
  return missing.map((field) => required(`${path}.${field}`, 'must not be empty'));
}
