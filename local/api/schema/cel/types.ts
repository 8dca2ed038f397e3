/** CEL types of schemas, and the conversion of JSON values to them. */
import { Environment } from '@marcbachmann/cel-js';
import { isObject, type JsonObject, type JsonValue, own } from '../json.ts';
import type { JSONSchema } from '../types.ts';
import { celEqual } from './equality.ts';
import { escapeName } from './names.ts';

/** A schema's type name in one environment, and how its values get there. */
export interface CelType {
  name: string;
  convert(value: JsonValue): unknown;
}

type Fields = Map<string, { identifier: string; type: CelType }>;

const metadataSchema: JSONSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};

/** The schema of an object with the fields that every object has. */
export function withTypeMeta(schema: JSONSchema): JSONSchema {
  const properties = {
    ...schema.properties,
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: metadataSchema,
  };
  return { ...schema, properties };
}

const durations = new Environment();

/** Declares types in one environment; undefined stands for values that CEL cannot see. */
export class TypeDeclarations {
  private readonly environment: Environment;
  private count = 0;

  constructor(environment: Environment) {
    this.environment = environment;
  }

  /** The type of a schema. Types of objects are declared as they are met. */
  declare(schema: JSONSchema): CelType | undefined {
    if (schema['x-kubernetes-int-or-string']) return { name: 'dyn', convert: dynamic };
    if (schema['x-kubernetes-embedded-resource']) return this.declareObject(withTypeMeta(schema));
    switch (schema.type) {
      case 'boolean':
        return { name: 'bool', convert: (value) => value };
      case 'integer':
        return {
          name: 'int',
          convert: (value) => (Number.isInteger(value) ? BigInt(value as number) : value),
        };
      case 'number':
        return { name: 'double', convert: (value) => value };
      case 'string':
        return stringType(schema.format);
      case 'array':
        return this.declareList(schema);
      case 'object':
        return this.declareObject(schema);
      default:
        return undefined;
    }
  }

  private declareList(schema: JSONSchema): CelType | undefined {
    const items = Array.isArray(schema.items) ? schema.items[0] : schema.items;
    const item = items && this.declare(items);
    if (item === undefined) return undefined;
    const convert = (value: JsonValue) =>
      Array.isArray(value) ? value.map((each) => item.convert(each)) : value;
    return { name: `list<${item.name}>`, convert };
  }

  private declareObject(schema: JSONSchema): CelType | undefined {
    if (typeof schema.additionalProperties === 'object') {
      const value = this.declare(schema.additionalProperties);
      if (value === undefined) return undefined;
      return { name: `map<string, ${value.name}>`, convert: (map) => toMap(map, value.convert) };
    }
    const fields: Fields = new Map();
    for (const [property, child] of Object.entries(schema.properties ?? {})) {
      const identifier = escapeName(property);
      const type = identifier === undefined ? undefined : this.declare(child);
      if (identifier !== undefined && type !== undefined) fields.set(property, { identifier, type });
    }
    return this.declareStruct(fields);
  }

  private declareStruct(fields: Fields): CelType {
    const name = `Object${++this.count}`;
    // The evaluator tells types of values apart by their constructors.
    const Struct = class extends Map<string, unknown> {};
    const declared = Object.fromEntries(
      [...fields.values()].map(({ identifier, type }) => [identifier, type.name]),
    );
    this.environment.registerType(name, { ctor: Struct, fields: declared });
    this.environment.registerOperator(`${name} == ${name}`, celEqual);
    return { name, convert: (value) => (isObject(value) ? fill(new Struct(), value, fields) : value) };
  }
}

function fill(struct: Map<string, unknown>, value: JsonObject, fields: Fields): Map<string, unknown> {
  for (const [property, { identifier, type }] of fields) {
    const child = own(value, property);
    // Where null is allowed it reads as absent.
    if (child !== undefined && child !== null) struct.set(identifier, type.convert(child));
  }
  return struct;
}

function toMap(value: JsonValue, convert: (value: JsonValue) => unknown): unknown {
  if (!isObject(value)) return value;
  return new Map(Object.entries(value).map(([key, child]) => [key, convert(child)]));
}

/** A value of unknown type: whole numbers are ints, as in decoded JSON. */
function dynamic(value: JsonValue): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(dynamic);
  return isObject(value) ? toMap(value, dynamic) : value;
}

function stringType(format: string | undefined): CelType {
  switch (format) {
    case 'date':
    case 'date-time':
    case 'datetime':
      return { name: 'google.protobuf.Timestamp', convert: (value) => new Date(String(value)) };
    case 'duration':
      return { name: 'google.protobuf.Duration', convert: toDuration };
    case 'byte':
      return { name: 'bytes', convert: (value) => new Uint8Array(Buffer.from(String(value), 'base64')) };
    default:
      return { name: 'string', convert: (value) => value };
  }
}

function toDuration(value: JsonValue): unknown {
  return durations.evaluate(`duration(${JSON.stringify(String(value))})`);
}
