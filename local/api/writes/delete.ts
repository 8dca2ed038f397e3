import { type ApiObject, objectKey, timestamp } from '../core/objects.ts';
import { badRequest, conflict } from '../core/status-error.ts';
import type { Resource } from '../resources/resource.ts';
import type { WriteContext } from './context.ts';

export interface DeleteOptions {
  dryRun: boolean;
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  preconditions?: { uid?: string; resourceVersion?: string };
}

export interface Deletion {
  /** The object as it was last, or as it is while it waits. */
  object: ApiObject;
  /** Nothing is left of it. */
  gone: boolean;
}

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/**
 * Deletes a stored object, or marks it as being deleted while finalizers or a grace period hold it.
 * @throws StatusError 409 when a precondition fails
 */
export function deleteObject(
  context: WriteContext,
  resource: Resource,
  live: ApiObject,
  options: DeleteOptions,
): Deletion {
  checkPreconditions(resource, live, options);
  resource.strategy.admitDelete?.(live);
  const finalizers = finalizersFor(live, options.propagationPolicy);
  const grace = resource.strategy.gracePeriod?.(live, options.gracePeriodSeconds) ?? 0;
  const held = finalizers.length > 0 || (resource.strategy.heldBack?.(live) ?? false);
  if (grace <= 0 && !held) return removeNow(context, resource, live, options);
  const next = terminating(context, resource, live, finalizers, grace);
  if (next === live || options.dryRun) return { object: next, gone: false };
  return { object: context.store.put(resource.bucket, keyOf(live), next), gone: false };
}

/** Removes a released object for good; undefined when something still holds it or it is not being deleted. */
export function finishIfReleased(
  { store }: WriteContext,
  resource: Resource,
  key: string,
  next: ApiObject,
): ApiObject | undefined {
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = next.metadata;
  if (!deletionTimestamp || finalizers.length > 0) return undefined;
  if (resource.strategy.heldBack?.(next)) return undefined;
  if (resource.strategy.gracePeriod && deletionGracePeriodSeconds > 0) return undefined;
  return store.remove(resource.bucket, key, next);
}

function keyOf({ metadata }: ApiObject): string {
  return objectKey(metadata.namespace, metadata.name);
}

function checkPreconditions(resource: Resource, live: ApiObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion, name } = live.metadata;
  if (preconditions?.uid && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(resource, name, why);
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(resource, name, why);
  }
}

/** The propagation policy is written down as finalizers, which the garbage collector works off. */
function finalizersFor(live: ApiObject, policy: DeleteOptions['propagationPolicy']): string[] {
  const present = live.metadata.finalizers ?? [];
  if (policy === undefined) return present;
  const others = present.filter((it) => it !== ORPHAN && it !== FOREGROUND);
  if (policy === 'Orphan') return [...others, ORPHAN];
  return policy === 'Foreground' ? [...others, FOREGROUND] : others;
}

function removeNow(
  { store }: WriteContext,
  resource: Resource,
  live: ApiObject,
  { dryRun }: DeleteOptions,
): Deletion {
  if (dryRun) return { object: live, gone: true };
  return { object: store.remove(resource.bucket, keyOf(live)) ?? live, gone: true };
}

/** The live object itself when there is nothing to change. */
function terminating(
  { now }: WriteContext,
  resource: Resource,
  live: ApiObject,
  finalizers: string[],
  grace: number,
): ApiObject {
  const { metadata } = live;
  const { finalizers: _, ...kept } = metadata;
  const marked = metadata.deletionTimestamp !== undefined;
  const shorter = marked && grace < (metadata.deletionGracePeriodSeconds ?? 0);
  const sameFinalizers = finalizers.join() === (metadata.finalizers ?? []).join();
  if (marked && !shorter && sameFinalizers) return live;
  const deadline = new Date(now().getTime() + grace * 1_000);
  const next: ApiObject = {
    ...live,
    metadata: {
      ...kept,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      ...(marked && !shorter
        ? {}
        : { deletionTimestamp: timestamp(deadline), deletionGracePeriodSeconds: grace }),
      ...(!marked && metadata.generation ? { generation: metadata.generation + 1 } : {}),
    },
  };
  return marked ? next : (resource.strategy.markTerminating?.(next) ?? next);
}

/** @throws a 400 StatusError when the two ways to say the policy are mixed */
export function policyOf(options: {
  propagationPolicy?: unknown;
  orphanDependents?: unknown;
}): DeleteOptions['propagationPolicy'] {
  const { propagationPolicy, orphanDependents } = options;
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    throw badRequest('orphanDependents and deletionPropagation cannot be both set');
  }
  if (typeof orphanDependents === 'boolean') return orphanDependents ? 'Orphan' : 'Background';
  if (propagationPolicy === undefined || propagationPolicy === null || propagationPolicy === '')
    return undefined;
  if (
    propagationPolicy === 'Orphan' ||
    propagationPolicy === 'Background' ||
    propagationPolicy === 'Foreground'
  ) {
    return propagationPolicy;
  }
  throw badRequest(
    `invalid propagationPolicy ${JSON.stringify(propagationPolicy)}: must be one of "Orphan", "Background", "Foreground"`,
  );
}
