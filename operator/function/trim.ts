/** What caches keep of the objects that reconciling reads: with 10,000 functions every field counts. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';

export function trimPod(pod: Pod): Pod {
  const { apiVersion, kind, metadata, status } = pod;
  return {
    apiVersion,
    kind,
    metadata: trimMetadata(metadata),
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

/** Keeps the whole spec, against which drift is judged, and drops the status, which nothing reads. */
export function trimDeployment(deployment: Deployment): Deployment {
  const { apiVersion, kind, metadata, spec } = deployment;
  return {
    apiVersion,
    kind,
    metadata: { ...trimMetadata(metadata), annotations: metadata?.annotations },
    spec,
  };
}

function trimMetadata(metadata: ObjectMeta | undefined): ObjectMeta {
  const { name, namespace, uid, resourceVersion, labels, ownerReferences, deletionTimestamp } =
    metadata ?? {};
  return { name, namespace, uid, resourceVersion, labels, ownerReferences, deletionTimestamp };
}
