/** What caches keep of the objects that reconciling reads: with 10,000 functions every field counts. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { annotations } from '#crds/wire/names.ts';
import { specOfGates } from '#kube/scheduling-gates.ts';
import { APPLIED_HASH } from './resources/deployment.ts';
import { digestSource } from './source-content.ts';

/** The condition of a Deployment whose ReplicaSet is not allowed to make pods. */
export const REPLICA_FAILURE = 'ReplicaFailure';

/** Drops code, and the copy of it that kubectl keeps in an annotation. */
export function trimFunction(fn: CatnapFunction): CatnapFunction {
  const { name, namespace, generation, creationTimestamp } = fn.metadata;
  const metadata = {
    ...trimMetadata(fn.metadata, annotations.paused),
    name,
    namespace,
    generation,
    creationTimestamp,
  };
  const { apiVersion, kind, spec, status } = fn;
  return digestSource({ apiVersion, kind, metadata, spec, status });
}

export function trimPod(pod: Pod): Pod {
  const { apiVersion, kind, metadata, status } = pod;
  return {
    apiVersion,
    kind,
    metadata: trimMetadata(metadata),
    ...specOfGates(pod),
    status: {
      phase: status?.phase,
      conditions: status?.conditions?.filter(({ type }) => type === 'Ready' || type === 'PodScheduled'),
      containerStatuses: status?.containerStatuses?.map((container) => ({
        name: container.name,
        ready: container.ready,
        restartCount: container.restartCount,
        image: container.image,
        imageID: '',
        state: container.state,
        lastState: container.lastState,
      })),
    },
  };
}

/** Keeps the whole spec, against which drift is judged, and of the status why there are no pods. */
export function trimDeployment(deployment: Deployment): Deployment {
  const { apiVersion, kind, metadata, spec } = deployment;
  const conditions = deployment.status?.conditions?.filter(({ type }) => type === REPLICA_FAILURE);
  return {
    apiVersion,
    kind,
    metadata: trimMetadata(metadata, APPLIED_HASH),
    spec,
    ...(conditions?.length ? { status: { conditions } } : {}),
  };
}

function trimMetadata(metadata: ObjectMeta | undefined, annotation?: string): ObjectMeta {
  const { name, namespace, uid, resourceVersion, labels, ownerReferences, deletionTimestamp } =
    metadata ?? {};
  const value = annotation && metadata?.annotations?.[annotation];
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    labels,
    ownerReferences,
    deletionTimestamp,
    ...(annotation && value !== undefined ? { annotations: { [annotation]: value } } : {}),
  };
}
