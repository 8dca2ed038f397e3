/** Validation of a value against a schema: types, bounds, and the logical combinations. */
import { invalid, notSupported, required, tooLong, tooMany, typeInvalid } from '../errors.ts';
import { matches } from '../go-regexp.ts';
import { deepEqual, goJsonText, isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { FieldError, JSONSchema } from '../types.ts';
import { hasFormat, isKnownFormat } from './formats.ts';
import { checkNumber } from './numbers.ts';
import { type Correlation, correlateField, correlateItem, unchanged } from './ratchet.ts';
import { Result } from './result.ts';

export interface Node {
  value: JsonValue;
  schema: JSONSchema;
  /** Such as `spec.list[0].name`; empty for the object itself. */
  path: string;
  /** The stored value at the same place, when the write is an update. */
  old?: Correlation;
}

/** Validates a node. Errors of parts that an update leaves alone are not reported. */
export function validateNode(node: Node): Result {
  const result = new Result();
  if (unchanged(node.old, node.value)) return result;
  const { value, schema } = node;
  result.merge(typeCheck(node));
  if (value === null) return result.merge(enumCheck(node));
  result.merge(combinations(node));
  if (typeof value === 'string') result.merge(stringChecks(node));
  if (typeof value === 'number') result.merge(checkNumber(node));
  if (Array.isArray(value)) result.merge(listChecks(node, value));
  if (schema.enum && schema.enum.length > 0) result.merge(enumCheck(node));
  if (isObject(value)) result.merge(mapChecks(node, value));
  result.matches++;
  return result;
}

function typesOf(schema: JSONSchema): readonly string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeCheck({ value, schema, path }: Node): Result {
  const result = new Result();
  result.matches++;
  const types = typesOf(schema);
  if (types.length === 0) return result;
  if (value === null && schema.nullable) return result;
  const actual = typeName(value);
  const fits = types.includes(actual) || (actual === 'integer' && types.includes('number'));
  if (fits) return result;
  const formatted = schema.format !== undefined && isKnownFormat(schema.format);
  const numeric = types.includes('number') || types.includes('integer');
  if (formatted && !numeric && Array.isArray(value)) return result;
  const shown = `${path} in body must be of type ${types.join(',')}: ${JSON.stringify(actual)}`;
  return result.add(typeInvalid(path, actual, shown));
}

function enumCheck({ value, schema, path }: Node): Result {
  const result = new Result();
  const allowed = schema.enum ?? [];
  if (allowed.length === 0 || allowed.some((item) => deepEqual(item, value))) return result;
  const names = allowed.map((item) => (typeof item === 'string' ? item : goJsonText(item)));
  return result.add(notSupported(path, value, names));
}

function stringChecks({ value, schema, path }: Node): Result {
  const result = new Result();
  result.matches++;
  const text = value as string;
  result.add(lengthOrPattern(text, schema, path));
  const { format } = schema;
  if (format !== undefined && isKnownFormat(format)) {
    result.matches++;
    if (!hasFormat(format, text)) {
      const shown = `${path} in body must be of type ${format}: ${JSON.stringify(text)}`;
      result.add(typeInvalid(path, text, shown));
    }
  }
  return result;
}

function lengthOrPattern(text: string, schema: JSONSchema, path: string): FieldError | undefined {
  const { maxLength, minLength, pattern } = schema;
  const length = maxLength === undefined && minLength === undefined ? 0 : [...text].length;
  if (maxLength !== undefined && length > maxLength) return tooLong(path, maxLength);
  if (minLength !== undefined && length < minLength) {
    return invalid(path, text, `${path} in body should be at least ${minLength} chars long`);
  }
  if (pattern === undefined || pattern === '' || matches(pattern, text)) return undefined;
  return invalid(path, text, `${path} in body should match '${pattern}'`);
}

function listChecks(node: Node, value: readonly JsonValue[]): Result {
  const { schema, path } = node;
  const result = new Result();
  result.matches++;
  const items = Array.isArray(schema.items) ? schema.items[0] : schema.items;
  if (items) {
    for (const [index, item] of value.entries()) {
      const old = correlateItem(node.old, schema, item);
      result.merge(validateNode({ value: item, schema: items, path: `${path}[${index}]`, old }));
    }
  }
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems) {
    result.add(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) result.add(tooMany(path, value.length, maxItems));
  return result;
}

function mapChecks(node: Node, value: JsonObject): Result {
  const { schema, path } = node;
  const result = new Result();
  result.matches++;
  result.add(sizeError(Object.keys(value).length, schema, path));
  for (const key of Object.keys(value)) {
    const property = propertySchema(schema, key);
    if (property === undefined) continue;
    const child = value[key] as JsonValue;
    result.merge(
      validateNode({
        value: child,
        schema: property,
        path: below(path, key),
        old: correlateField(node.old, key),
      }),
    );
  }
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) result.add(required(below(path, key)));
  }
  return result;
}

function below(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function sizeError(size: number, schema: JSONSchema, path: string): FieldError | undefined {
  const { minProperties, maxProperties } = schema;
  if (minProperties !== undefined && size < minProperties) {
    return invalid(path, size, `${path} in body should have at least ${minProperties} properties`);
  }
  return maxProperties !== undefined && size > maxProperties ? tooMany(path, size, maxProperties) : undefined;
}

function propertySchema(schema: JSONSchema, key: string): JSONSchema | undefined {
  const properties = schema.properties ?? {};
  if (Object.hasOwn(properties, key)) return properties[key];
  const additional = schema.additionalProperties;
  return typeof additional === 'object' ? additional : undefined;
}

function combinations(node: Node): Result {
  const { schema, path } = node;
  const result = new Result();
  const check = (alternative: JSONSchema) => validateNode({ ...node, schema: alternative });
  if (schema.anyOf?.length) mergeAnyOf(result, schema.anyOf.map(check), path);
  if (schema.oneOf?.length) mergeOneOf(result, schema.oneOf.map(check), path);
  if (schema.allOf?.length) mergeAllOf(result, schema.allOf.map(check), path);
  if (schema.not && check(schema.not).valid)
    result.add(composite(`"${path}" must not validate the schema (not)`));
  result.matches++;
  return result;
}

/** Such errors carry no path of their own; the real server prints them so. */
function composite(sentence: string): FieldError {
  return invalid('<nil>', '', sentence);
}

function best(results: readonly Result[]): Result | undefined {
  return results.reduce<Result | undefined>(
    (found, next) => (found === undefined || next.matches > found.matches ? next : found),
    undefined,
  );
}

function mergeAnyOf(result: Result, results: readonly Result[], path: string): void {
  const passed = results.find(({ valid }) => valid);
  if (passed) return void result.merge(passed);
  result.add(composite(`"${path}" must validate at least one schema (anyOf)`));
  result.merge(best(results) ?? new Result());
}

function mergeOneOf(result: Result, results: readonly Result[], path: string): void {
  const passed = results.filter(({ valid }) => valid);
  if (passed.length === 1) return void result.merge(passed[0] ?? new Result());
  const found = passed.length === 0 ? 'Found none valid' : `Found ${passed.length} valid alternatives`;
  result.add(composite(`"${path}" must validate one and only one schema (oneOf). ${found}`));
  if (passed.length === 0) result.merge(best(results) ?? new Result());
}

function mergeAllOf(result: Result, results: readonly Result[], path: string): void {
  const passed = results.filter(({ valid }) => valid).length;
  for (const part of results) result.merge(part);
  if (passed === results.length) return;
  const none = passed === 0 ? '. None validated' : '';
  result.add(composite(`"${path}" must validate all the schemas (allOf)${none}`));
}
