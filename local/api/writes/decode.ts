/** Turns a decoded body into an object of the resource: right kind, known fields only. */
import { type ApiObject, groupVersion, isRecord, type Meta, without } from '../core/objects.ts';
import { badRequest, invalid } from '../core/status-error.ts';
import type { FieldValidation } from '../requests/options.ts';
import { checkMicroTimes } from '../resources/micro-time.ts';
import type { Resource } from '../resources/resource.ts';
import { pruneUnknown, typeErrorText } from '../resources/schemas.ts';
import { metadataTypeError } from './metadata-rules.ts';

/** Receives texts for Warning headers. */
export type Warn = (text: string) => void;

export interface DecodeOptions {
  fieldValidation: FieldValidation;
  warn: Warn;
  /** Fields that the body sets twice. */
  repeated?: readonly string[];
  /** How a patch, whose result is decoded, reports errors. */
  patched?: boolean;
}

/**
 * @throws StatusError when the body is of another kind or type, or names unknown fields and
 * validation is strict
 */
export function decodeObject(resource: Resource, body: unknown, options: DecodeOptions): ApiObject {
  const object = asKind(resource, body);
  const typeError = metadataTypeError(object.metadata as unknown as Record<string, unknown>);
  if (typeError) throw cannotBeHandled(resource, typeError);
  if (!resource.custom) {
    const mismatch = typeErrorText(resource, object);
    if (mismatch) throw cannotBeHandled(resource, mismatch);
    checkMicroTimes(object);
  }
  const { object: pruned, unknown } = pruneUnknown(resource, object);
  reportUnknown(resource, unknown, object, options);
  return pruned;
}

function asKind(resource: Resource, body: unknown): ApiObject {
  const version = groupVersion(resource.group, resource.version);
  if (!isRecord(body)) throw cannotBeHandled(resource, 'the body is not an object');
  const { apiVersion = version, kind = resource.kind } = body;
  if (apiVersion !== version) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${version})`,
    );
  }
  if (kind !== resource.kind) {
    const message = `${String(kind)} in version "${resource.version}" cannot be handled as a ${resource.kind}: the kind does not match the path`;
    throw badRequest(message);
  }
  const metadata = body.metadata ?? {};
  if (!isRecord(metadata)) throw cannotBeHandled(resource, 'metadata: expected an object');
  return { ...body, apiVersion, kind, metadata: metadata as unknown as Meta };
}

function cannotBeHandled({ kind, version }: Resource, why: string): Error {
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

function reportUnknown(
  resource: Resource,
  unknown: string[],
  object: ApiObject,
  options: DecodeOptions,
): void {
  const { fieldValidation, warn, repeated = [], patched } = options;
  if (fieldValidation === 'Ignore') return;
  const complaints = [
    ...repeated.map((field) => `duplicate field ${JSON.stringify(field)}`),
    ...unknown.map((field) => `unknown field ${JSON.stringify(field)}`),
  ];
  if (complaints.length === 0) return;
  if (fieldValidation === 'Warn') {
    for (const complaint of complaints) warn(complaint);
    return;
  }
  const text = `strict decoding error: ${complaints.join(', ')}`;
  if (!patched) throw cannotBeHandled(resource, text);
  const value = JSON.stringify(object);
  throw invalid({ group: '', kind: '' }, '', [{ type: 'Invalid', field: 'patch', value, message: text }]);
}

/**
 * The object of an apply patch, without what the endpoint ignores. Unknown fields stay: the apply
 * itself refuses them, since they could not be owned.
 * @throws StatusError
 */
export function decodeApplied(resource: Resource, body: unknown, subresource: string | undefined): ApiObject {
  const object = asKind(resource, body);
  const typeError = metadataTypeError(object.metadata as unknown as Record<string, unknown>);
  if (typeError) throw cannotBeHandled(resource, typeError);
  if ((object.metadata.managedFields ?? []).length > 0)
    throw badRequest('metadata.managedFields must be nil');
  const hasStatus = resource.subresources.includes('status');
  if (subresource === 'status') {
    const { apiVersion, kind, metadata, status } = object;
    return { apiVersion, kind, metadata, ...(status === undefined ? {} : { status }) };
  }
  return hasStatus && !resource.strategy.keepsStatusOnCreate ? without(object, 'status') : object;
}
