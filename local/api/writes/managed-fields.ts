/** Who owns which field; the algebra is the apply library's. */
import { ApplyConflict, ApplyError, serverSideApply, trackUpdate } from '../apply/index.ts';
import type { ApiObject } from '../core/objects.ts';
import { badRequest, StatusError, unclassified } from '../core/status-error.ts';
import type { Resource } from '../resources/resource.ts';
import { ownershipSchema } from '../resources/schemas.ts';

export interface TrackOptions {
  manager: string;
  now: string;
  subresource?: string;
}

/** Records that the manager wrote what differs between the two. */
export function trackWrite(
  resource: Resource,
  before: ApiObject | undefined,
  after: ApiObject,
  options: TrackOptions,
): ApiObject {
  return trackUpdate({
    before,
    after,
    schema: ownershipSchema(resource),
    manager: options.manager,
    now: options.now,
    resetFields: resetFields(resource, options.subresource),
    ...(options.subresource ? { subresource: options.subresource } : {}),
  }) as ApiObject;
}

/**
 * Merges an applied object into the live one.
 * @throws StatusError 409 that lists the fields other managers own
 */
export function applyObject(
  resource: Resource,
  live: ApiObject | undefined,
  applied: ApiObject,
  options: TrackOptions & { force: boolean },
): ApiObject {
  try {
    const { object } = serverSideApply({
      live,
      applied,
      schema: ownershipSchema(resource),
      manager: options.manager,
      force: options.force,
      now: options.now,
      resetFields: resetFields(resource, options.subresource),
      ...(options.subresource ? { subresource: options.subresource } : {}),
    });
    return object as ApiObject;
  } catch (error) {
    if (error instanceof ApplyConflict) throw conflictStatus(error);
    if (error instanceof ApplyError)
      throw error.status === 400 ? badRequest(error.message) : unclassified(error.message);
    throw error;
  }
}

/** Top-level fields that a writer of this (sub)resource cannot set, hence not own. */
function resetFields(resource: Resource, subresource: string | undefined): string[] {
  if (subresource === 'status') return ['spec'];
  const ignoresStatus = resource.subresources.includes('status') && !resource.strategy.keepsStatusOnCreate;
  return subresource === undefined && ignoresStatus ? ['status'] : [];
}

function conflictStatus({ conflicts, message }: ApplyConflict): StatusError {
  const causes = conflicts.map((it) => ({
    reason: 'FieldManagerConflict',
    message: it.message,
    field: it.field,
  }));
  return new StatusError(409, 'Conflict', message, { causes });
}
