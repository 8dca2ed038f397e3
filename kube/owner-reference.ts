import type { OwnerReference } from 'kubernetes-types/meta/v1.js';
import { apiVersionOf, type KubeObject, type ResourceType } from './resource.ts';

/**
 * The reference that makes `owner` the controller of another object, which is then garbage collected with it.
 *
 * @throws TypeError when the owner was never stored (it has no uid)
 */
export function ownerReference<T extends KubeObject>(owner: T, type: ResourceType<T>): OwnerReference {
  const { name, uid } = owner.metadata ?? {};
  if (!name || !uid) throw new TypeError(`${type.kind} ${name ?? ''} cannot own anything: it has no uid`);
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The owner that controls the object, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
}
