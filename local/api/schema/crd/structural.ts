/** The rules that make a schema structural: every field has one place that says its type. */
import { errorText, forbidden, invalid, required } from '../errors.ts';
import { goRegExp } from '../go-regexp.ts';
import { compareStrings, deepEqual } from '../json.ts';
import { itemsOf } from '../prune.ts';
import type { FieldError, JSONSchema } from '../types.ts';
import { completenessErrors } from './completeness.ts';

type Level = 'root' | 'item' | 'field';

/** What is not structural about a schema, sorted as the real server sorts it. */
export function structuralErrors(schema: JSONSchema, path: string): FieldError[] {
  const errors = [...invariants(schema, 'root', path), ...completenessErrors(schema, path)];
  return errors.sort((a, b) => compareStrings(errorText(a), errorText(b)));
}

function invariants(schema: JSONSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const items = itemsOf(schema);
  if (schema.type === 'array' && items === undefined)
    errors.push(required(`${path}.items`, 'must be specified'));
  if (items) errors.push(...invariants(items, 'item', `${path}.items`));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...invariants(property, 'field', `${path}.properties[${name}]`));
  }
  const additional = schema.additionalProperties;
  if (additional !== undefined && level === 'root') {
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
  }
  if (typeof additional === 'object') {
    errors.push(...invariants(additional, 'field', `${path}.additionalProperties`));
  }
  errors.push(...extensionErrors(schema, path), ...valueErrors(schema, intOrStringForm(schema), path));
  errors.push(...typeErrors(schema, level, path), ...metaErrors(schema, level, path));
  return errors;
}

function extensionErrors(schema: JSONSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!schema['x-kubernetes-int-or-string']) return errors;
  for (const key of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const) {
    if (schema[key]) {
      errors.push(invalid(`${path}.${key}`, true, 'must be false if x-kubernetes-int-or-string is true'));
    }
  }
  return errors;
}

const MISSING_TYPE: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function typeErrors(schema: JSONSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type } = schema;
  const at = `${path}.type`;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const free = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type ? invalid(at, type, detail) : required(at, detail));
  } else if (!type && !free) errors.push(required(at, MISSING_TYPE[level]));
  if (embedded && schema.additionalProperties !== undefined) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set';
    errors.push(forbidden(`${path}.additionalProperties`, detail));
  }
  if (level === 'root' && type && type !== 'object')
    errors.push(invalid(at, type, 'must be object at the root'));
  const empty = Object.keys(schema.properties ?? {}).length === 0;
  if (embedded && empty && !schema['x-kubernetes-preserve-unknown-fields']) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, detail));
  }
  return errors;
}

function metaErrors(schema: JSONSchema, level: Level, path: string): FieldError[] {
  if (level !== 'root' && !schema['x-kubernetes-embedded-resource']) return [];
  const errors: FieldError[] = [];
  for (const name of ['kind', 'apiVersion']) {
    const property = schema.properties?.[name];
    if (property && property.type !== 'string') {
      errors.push(invalid(`${path}.properties[${name}].type`, property.type ?? '', 'must be string'));
    }
  }
  const metadata = schema.properties?.metadata;
  if (metadata === undefined) return errors;
  const at = `${path}.properties[metadata]`;
  if (metadata.type !== 'object') errors.push(invalid(`${at}.type`, metadata.type ?? '', 'must be object'));
  if (level === 'root' && !restrictsOnlyName(metadata)) {
    const detail =
      'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(forbidden(at, detail));
  }
  return errors;
}

function restrictsOnlyName(metadata: JSONSchema): boolean {
  const { type: _type, properties = {}, description: _description, ...rest } = metadata;
  const names = Object.keys(properties);
  return Object.keys(rest).length === 0 && names.every((name) => name === 'name' || name === 'generateName');
}

const INT_OR_STRING: JSONSchema[] = [{ type: 'integer' }, { type: 'string' }];
type IntOrStringForm = 'anyOf' | 'allOf' | undefined;

/** The two ways in which int-or-string may be spelt out although types are forbidden there. */
function intOrStringForm(schema: JSONSchema): IntOrStringForm {
  if (deepEqual(schema.anyOf, INT_OR_STRING)) return 'anyOf';
  return deepEqual(schema.allOf?.[0]?.anyOf, INT_OR_STRING) ? 'allOf' : undefined;
}

function valueErrors(schema: JSONSchema, form: IntOrStringForm, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const nested = (list: JSONSchema[] | undefined, key: string) =>
    (list ?? []).flatMap((child, index) => nestedErrors(child, undefined, `${path}.${key}[${index}]`));
  if (form !== 'anyOf') errors.push(...nested(schema.anyOf, 'anyOf'));
  for (const [index, child] of (schema.allOf ?? []).entries()) {
    const skip = form === 'allOf' && index === 0 ? 'anyOf' : undefined;
    errors.push(...nestedErrors(child, skip, `${path}.allOf[${index}]`));
  }
  errors.push(...nested(schema.oneOf, 'oneOf'));
  if (schema.not) errors.push(...nestedErrors(schema.not, undefined, `${path}.not`));
  const problem = patternProblem(schema.pattern);
  if (problem) {
    const detail = `must be a valid regular expression, but isn't: ${problem}`;
    errors.push(invalid(`${path}.pattern`, schema.pattern, detail));
  }
  return errors;
}

function patternProblem(pattern: string | undefined): string | undefined {
  if (!pattern) return undefined;
  try {
    goRegExp(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const FORBIDDEN_WHEN_NESTED: [keyof JSONSchema, string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function nestedErrors(schema: JSONSchema, form: IntOrStringForm, path: string): FieldError[] {
  const errors = valueErrors(schema, form, path);
  const items = itemsOf(schema);
  if (items) errors.push(...nestedErrors(items, undefined, `${path}.items`));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...nestedErrors(property, undefined, `${path}.properties[${name}]`));
  }
  for (const [key, detail] of FORBIDDEN_WHEN_NESTED) {
    const value = schema[key];
    const set = value !== undefined && value !== false && value !== '' && value !== null;
    if (set && !(Array.isArray(value) && value.length === 0))
      errors.push(forbidden(`${path}.${key}`, detail));
  }
  if (schema.properties && Object.hasOwn(schema.properties, 'metadata')) {
    errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  }
  return errors;
}
