/** The steps that creations and updates share. */
import { randomInt } from 'node:crypto';
import type { FieldError } from '../core/field-errors.ts';
import { type ApiObject, deepEqual, without } from '../core/objects.ts';
import { invalid } from '../core/status-error.ts';
import type { Resource } from '../resources/resource.ts';

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_GENERATED_NAME = 63;

/** A name from generateName, as the API server makes it. */
export function generateName(base: string): string {
  let suffix = '';
  for (let i = 0; i < SUFFIX_LENGTH; i++) suffix += SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)];
  return base.slice(0, MAX_GENERATED_NAME - SUFFIX_LENGTH) + suffix;
}

/** @throws a 422 StatusError when there are errors */
export function throwIfInvalid(resource: Resource, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(resource, name, errors);
}

/**
 * Whether a change alters what the user wants, which metadata.generation counts. The status counts
 * too where it is no subresource, as on the real server.
 */
export function wantsChanged(resource: Resource, next: ApiObject, live: ApiObject): boolean {
  if (!resource.custom) return !deepEqual(next.spec, live.spec);
  const outside = resource.subresources.includes('status') ? ['metadata', 'status'] : ['metadata'];
  return !deepEqual(without(next, ...outside), without(live, ...outside));
}

/** Empty maps and lists in metadata are the same as absent ones and are stored as such. */
export function compactMetadata(object: ApiObject): ApiObject {
  const metadata = { ...object.metadata } as unknown as Record<string, unknown>;
  for (const [field, value] of Object.entries(metadata)) {
    if (isEmpty(value)) delete metadata[field];
  }
  delete metadata.selfLink;
  return { ...object, metadata: metadata as unknown as ApiObject['metadata'] };
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The same object but for the times of its managed fields: not worth a write. */
export function isUnchanged(next: ApiObject, live: ApiObject): boolean {
  return deepEqual(timeless(next), timeless(live));
}

function timeless(object: ApiObject): ApiObject {
  const managedFields = object.metadata.managedFields?.map((entry) => ({ ...entry, time: undefined }));
  return { ...object, metadata: { ...object.metadata, managedFields } };
}
