/** Schemas of built-in types, read from the Kubernetes client's generated models one model at a time. */
import { createRequire } from 'node:module';
import type { JSONSchema } from '../types.ts';
import { fieldMarkers, isServed, modelMarkers, omitsZero, stringSchema } from './markers.ts';

interface Attribute {
  baseName: string;
  type: string;
  format: string;
}

// Importing the whole client would cost ten times as much as the few models that a start needs.
const require = createRequire(import.meta.url);
const schemas = new Map<string, JSONSchema>();
const modelNames = new WeakMap<JSONSchema, string>();

/** The path of a model's module, without its extension. */
export function modelPath(model: string): string {
  return `@kubernetes/client-node/dist/gen/models/${model}`;
}

/** The attributes of a model as generated. Throws for a name that has no model. */
function attributesOf(model: string): Attribute[] {
  const module = require(`${modelPath(model)}.js`) as Record<
    string,
    { getAttributeTypeMap(): Attribute[] } | undefined
  >;
  const type = module[model];
  if (type === undefined) throw new Error(`the Kubernetes client has no model ${model}`);
  return type.getAttributeTypeMap();
}

/** The schema of a model. Nested schemas are built when they are first looked at, and shared. */
export function modelSchema(model: string): JSONSchema {
  const known = schemas.get(model);
  if (known !== undefined) return known;
  const schema: JSONSchema = { type: 'object', ...modelMarkers(model), properties: {} };
  schemas.set(model, schema);
  modelNames.set(schema, model);
  for (const { baseName, type, format } of attributesOf(model)) {
    if (isServed(model, baseName))
      lazily(schema.properties ?? {}, baseName, () => field(model, baseName, type, format));
  }
  return schema;
}

/** The model that a schema was read from; undefined for lists, maps and scalars. */
export function modelNameOf(schema: JSONSchema): string | undefined {
  return modelNames.get(schema);
}

function lazily(target: Record<string, JSONSchema>, name: string, build: () => JSONSchema): void {
  Object.defineProperty(target, name, {
    enumerable: true,
    configurable: true,
    get() {
      const value = build();
      Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
      return value;
    },
  });
}

const zeroOmitted = new WeakSet<JSONSchema>();

/** Whether a field with this schema is left out when it is empty, zero or false. */
export function isZeroOmitted(schema: JSONSchema): boolean {
  return zeroOmitted.has(schema);
}

function field(model: string, name: string, type: string, format: string): JSONSchema {
  const base = typeSchema(model, name, type, format);
  const markers = fieldMarkers(model, name);
  const omitted = omitsZero(model, name, base);
  if (Object.keys(markers).length === 0 && !omitted) return base;
  const schema = { ...base, ...markers };
  const nested = modelNames.get(base);
  if (nested !== undefined) modelNames.set(schema, nested);
  if (omitted) zeroOmitted.add(schema);
  return schema;
}

const MAP_PREFIX = '{ [key: string]: ';

function typeSchema(model: string, name: string, type: string, format: string): JSONSchema {
  if (type.startsWith('Array<')) {
    return { type: 'array', items: typeSchema(model, name, type.slice('Array<'.length, -1), format) };
  }
  if (type.startsWith(MAP_PREFIX)) {
    const inner = type.slice(MAP_PREFIX.length, -'; }'.length);
    return { type: 'object', additionalProperties: typeSchema(model, name, inner, format) };
  }
  switch (type) {
    case 'string':
      return stringSchema(model, name);
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return format === 'double' ? { type: 'number', format } : { type: 'integer', format };
    case 'Date':
    case 'V1MicroTime':
      return { type: 'string', format: 'date-time' };
    case 'IntOrString':
      return { format: 'int-or-string', 'x-kubernetes-int-or-string': true };
    case 'any':
      return { 'x-kubernetes-preserve-unknown-fields': true };
    default:
      return modelSchema(type);
  }
}
