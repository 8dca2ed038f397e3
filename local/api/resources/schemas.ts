/** The one place where the server meets the schema library. */
import type { FieldError, FieldErrorType } from '../core/field-errors.ts';
import type { ApiObject } from '../core/objects.ts';
import {
  builtinSchema,
  defaultBuiltin,
  type JSONSchema,
  type FieldError as LibraryError,
  prune,
  validate,
  validateBuiltin,
  validateMetadata,
  validateTypes,
} from '../schema/index.ts';
import type { Resource } from './resource.ts';

export interface KindName {
  group: string;
  version: string;
  kind: string;
}

const DEFINITIONS_GROUP = 'apiextensions.k8s.io';

/** Any object: what a resource without a schema accepts. */
const OPEN_SCHEMA: JSONSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export function builtinSchemaOf({ group, version, kind }: KindName): JSONSchema | undefined {
  return builtinSchema(group, version, kind);
}

export function withBuiltinDefaults({ group, kind }: KindName, object: ApiObject): ApiObject {
  return defaultBuiltin(group, kind, object) as ApiObject;
}

/** What kube-apiserver's hand-written validation says of a built-in object. */
export function builtinErrors(
  { group, kind }: KindName,
  object: ApiObject,
  live: ApiObject | undefined,
): FieldError[] {
  const errors = validateBuiltin(group, kind, object, live);
  return (group === DEFINITIONS_GROUP ? errors.filter(isNoFinalizerStyle) : errors).map(fromLibrary);
}

/**
 * That a finalizer without a slash must be a standard one holds for the API's own kinds, but neither for
 * definitions, whose own cleanup finalizer has none, nor for what they define.
 */
function isNoFinalizerStyle({ field, message }: LibraryError): boolean {
  return !(field.startsWith('metadata.finalizers') && message.includes('neither a standard finalizer name'));
}

/** Errors of a custom object: in its metadata, against its schema, and by the schema's CEL rules. */
export function customErrors(
  schema: JSONSchema,
  namespaced: boolean,
  object: ApiObject,
  live: ApiObject | undefined,
): FieldError[] {
  const metadata = validateMetadata(object, { namespaced }, live).filter(isNoFinalizerStyle);
  return [...metadata, ...validate(schema, object, live)].map(fromLibrary);
}

/** What of a built-in object has the wrong JSON type, in a sentence; undefined when all fits. */
export function typeErrorText(resource: Resource, object: ApiObject): string | undefined {
  const schema = resource.schema();
  const [wrong] = schema ? validateTypes(schema, object) : [];
  if (!wrong) return undefined;
  const given = Array.isArray(wrong.value) ? 'array' : typeof wrong.value;
  const expected = wrong.message.replace(/^.*must be of type /, '');
  return `json: cannot unmarshal ${given} into Go struct field ${resource.kind}.${wrong.field} of type ${expected}`;
}

/** The object without fields its schema does not know, and their paths. */
export function pruneUnknown(
  resource: Resource,
  object: ApiObject,
): { object: ApiObject; unknown: string[] } {
  const schema = resource.schema();
  if (!schema) return { object, unknown: [] };
  const pruned = prune(schema, object);
  return { object: pruned.object as ApiObject, unknown: pruned.unknown };
}

/** The schema by which the ownership of fields is told. */
export function ownershipSchema(resource: Resource): JSONSchema {
  return resource.schema() ?? OPEN_SCHEMA;
}

export function fromLibrary({ type, field, message, value }: LibraryError): FieldError {
  const short = type.replace(/^FieldValue/, '').replace(/^InternalError$/, 'Internal') as FieldErrorType;
  return { type: short, field, message, value, body: message };
}
