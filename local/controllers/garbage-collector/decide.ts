import type { OwnerReference } from 'kubernetes-types/meta/v1.js';
import type { KubeObject } from '#kube/resource.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export type OwnerState = 'present' | 'waiting' | 'absent';

/**
 * What becomes of an object, given what is known of each of its owners. Pure.
 *
 * - `delete`: no owner is left; in the foreground when one waits for its dependents.
 * - `keep` with the owner references that are still good, when some dangle.
 */
export function decideDependent(
  object: KubeObject,
  stateOf: (owner: OwnerReference) => OwnerState,
): { action: 'delete'; foreground: boolean } | { action: 'keep'; ownerReferences?: OwnerReference[] } {
  const owners = object.metadata?.ownerReferences ?? [];
  const states = owners.map(stateOf);
  if (owners.length === 0 || object.metadata?.deletionTimestamp !== undefined) return { action: 'keep' };
  if (states.every((state) => state !== 'present')) {
    return { action: 'delete', foreground: states.includes('waiting') };
  }
  const solid = owners.filter((_, index) => states[index] !== 'absent');
  return solid.length === owners.length ? { action: 'keep' } : { action: 'keep', ownerReferences: solid };
}

/** Whether the deletion of `object` waits until its dependents are gone. */
export function waitsForDependents(object: KubeObject): boolean {
  return isGoing(object) && (object.metadata?.finalizers ?? []).includes(FOREGROUND);
}

/** Whether `object` goes and leaves its dependents behind. */
export function orphansDependents(object: KubeObject): boolean {
  return isGoing(object) && (object.metadata?.finalizers ?? []).includes(ORPHAN);
}

/** Whether this dependent holds up the foreground deletion of the owner with that uid. */
export function blocks(dependent: KubeObject, ownerUid: string): boolean {
  return (dependent.metadata?.ownerReferences ?? []).some(
    ({ uid, blockOwnerDeletion }) => uid === ownerUid && blockOwnerDeletion === true,
  );
}

function isGoing(object: KubeObject): boolean {
  return object.metadata?.deletionTimestamp !== undefined;
}
