import type { FieldError } from '../core/field-errors.ts';
import { type ApiObject, objectKey, timestamp, without } from '../core/objects.ts';
import { badRequest, conflict, invalid, modified, notFound } from '../core/status-error.ts';
import { present, type Resource } from '../resources/resource.ts';
import type { WriteContext } from './context.ts';
import { checkNamespace } from './create.ts';
import { finishIfReleased } from './delete.ts';
import { trackWrite } from './managed-fields.ts';
import { metadataChangeErrors } from './metadata-rules.ts';
import { compactMetadata, isUnchanged, throwIfInvalid, wantsChanged } from './prepare.ts';

export interface UpdateOptions {
  dryRun: boolean;
  fieldManager: string;
  /** `status`, `finalize`, or none for the object itself. */
  subresource?: string;
  /** How the managed fields name the subresource, where that differs, as for `scale`. */
  managedAs?: string;
  /** The object carries its managed fields already, as after an apply. */
  managed?: boolean;
  /** Patches need no resourceVersion. */
  unconditional?: boolean;
}

export interface ObjectTarget {
  namespace: string | undefined;
  name: string;
}

/** The object in the version of the resource. @throws a 404 StatusError */
export function readObject({ store }: WriteContext, resource: Resource, target: ObjectTarget): ApiObject {
  const stored = store.get(resource.bucket, objectKey(target.namespace, target.name));
  if (!stored) throw notFound(resource, target.name);
  return present(resource, stored);
}

/**
 * Replaces an existing object by a decoded one; answers with what is stored afterwards.
 * @throws StatusError
 */
export function updateObject(
  context: WriteContext,
  resource: Resource,
  target: ObjectTarget,
  decoded: ApiObject,
  options: UpdateOptions,
): ApiObject {
  const live = readObject(context, resource, target);
  checkIdentity(resource, target, decoded);
  checkVersion(resource, decoded, live, options);
  const merged = withServerFields(resource, decoded, live, options.subresource);
  const next = complete(context, resource, merged, live, options);
  throwIfInvalid(resource, target.name, changeErrors(resource, next, live, options.subresource));
  if (isUnchanged(next, live)) return live;
  if (options.dryRun) return next;
  const { store } = context;
  const key = objectKey(target.namespace, target.name);
  const storable = resource.convert?.toStorage(next) ?? next;
  const finished = finishIfReleased(context, resource, key, storable);
  return present(resource, finished ?? store.put(resource.bucket, key, storable));
}

function changeErrors(
  resource: Resource,
  next: ApiObject,
  live: ApiObject,
  subresource: string | undefined,
): FieldError[] {
  return [...metadataChangeErrors(next, live), ...resource.strategy.validate(next, live, subresource)];
}

function checkIdentity(resource: Resource, target: ObjectTarget, { metadata }: ApiObject): void {
  if (!metadata.name) throw badRequest('name must be provided');
  if (metadata.name !== target.name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${target.name})`,
    );
  }
  checkNamespace(resource, target.namespace, metadata.namespace);
}

function checkVersion(resource: Resource, next: ApiObject, live: ApiObject, options: UpdateOptions): void {
  const { uid, resourceVersion } = next.metadata;
  const { name } = live.metadata;
  if (uid && uid !== live.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`;
    throw conflict(resource, name, why);
  }
  if (resourceVersion && resourceVersion !== '0') {
    if (resourceVersion !== live.metadata.resourceVersion) throw modified(resource, name);
    return;
  }
  if (options.unconditional || resource.strategy.allowUnconditionalUpdate) return;
  throw invalid(resource, name, [
    {
      type: 'Invalid',
      field: 'metadata.resourceVersion',
      value: 0,
      message: 'must be specified for an update',
    },
  ]);
}

/** What the writer may not touch through this (sub)resource comes from the live object. */
function withServerFields(
  resource: Resource,
  next: ApiObject,
  live: ApiObject,
  subresource: string | undefined,
): ApiObject {
  const { metadata: old } = live;
  const metadata = {
    ...next.metadata,
    name: old.name,
    namespace: old.namespace,
    uid: old.uid,
    creationTimestamp: old.creationTimestamp,
    generation: old.generation,
    resourceVersion: old.resourceVersion,
    deletionTimestamp: old.deletionTimestamp,
    deletionGracePeriodSeconds: old.deletionGracePeriodSeconds,
    generateName: next.metadata.generateName ?? old.generateName,
  };
  if (subresource === 'status') {
    const managedFields = next.metadata.managedFields ?? old.managedFields;
    const kept = resource.strategy.statusTakesMetadata ? metadata : { ...old, managedFields };
    return { ...without(live, 'status'), ...statusOf(next), metadata: kept };
  }
  if (subresource === 'finalize') return { ...live, spec: next.spec };
  if (!resource.subresources.includes('status')) return { ...next, metadata };
  return { ...without(next, 'status'), ...statusOf(live), metadata };
}

function statusOf(object: ApiObject): { status?: unknown } {
  return object.status === undefined ? {} : { status: object.status };
}

/** Defaults, the resource's own rules, generation and managed fields. */
function complete(
  context: WriteContext,
  resource: Resource,
  merged: ApiObject,
  live: ApiObject,
  options: UpdateOptions,
): ApiObject {
  const { strategy } = resource;
  const { subresource } = options;
  const defaulted = strategy.defaults(merged);
  const prepared = compactMetadata(strategy.prepareUpdate?.(defaulted, live, subresource) ?? defaulted);
  const counted = counts(resource, prepared, live, subresource)
    ? withGeneration(prepared, (live.metadata.generation ?? 0) + 1)
    : prepared;
  if (options.managed) return counted;
  return trackWrite(resource, live, counted, {
    manager: options.fieldManager,
    now: timestamp(context.now()),
    subresource: options.managedAs ?? subresource,
  });
}

function counts(
  resource: Resource,
  next: ApiObject,
  live: ApiObject,
  subresource: string | undefined,
): boolean {
  return resource.strategy.hasGeneration && subresource !== 'status' && wantsChanged(resource, next, live);
}

function withGeneration(object: ApiObject, generation: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, generation } };
}
