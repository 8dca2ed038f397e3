import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { API_GROUP, labels, MANAGED_BY } from '#crds/wire/names.ts';
import { controllerOf, ownerReference } from '#kube/owner-reference.ts';
import { functions } from '#kube/resource.ts';

/** Metadata that every child of a function carries, so that it is found and garbage-collected. */
export function childMetadata(fn: CatnapFunction, name: string, extraLabels: Record<string, string> = {}) {
  return {
    name,
    namespace: fn.metadata.namespace,
    labels: { [labels.function]: fn.metadata.name, [labels.managedBy]: MANAGED_BY, ...extraLabels },
    ownerReferences: [ownerReference(fn, functions)],
  };
}

export type Ownership =
  | 'ours'
  /** Belongs to a Function of the same name that was deleted; garbage collection removes it. */
  | 'predecessor'
  | 'foreign';

/** Whose an existing object is, by its controller reference. */
export function ownershipOf(fn: CatnapFunction, metadata: ObjectMeta | undefined): Ownership {
  const controller = controllerOf({ metadata });
  if (controller?.uid === fn.metadata.uid) return 'ours';
  const isFunction = controller?.kind === 'Function' && controller.apiVersion.startsWith(`${API_GROUP}/`);
  return isFunction && controller.name === fn.metadata.name ? 'predecessor' : 'foreign';
}
