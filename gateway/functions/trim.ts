/**
 * What the watch caches keep of each object: a gateway knows every function of the cluster, and most of a
 * Function is its source, most of a Pod its spec.
 */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { labels } from '#crds/wire/names.ts';
import { conditionTypes } from '#crds/wire/reasons.ts';
import { specOfGates } from '#kube/scheduling-gates.ts';

/** A Function without source, environment and bookkeeping. */
export function trimFunction({ metadata, spec, status }: CatnapFunction): CatnapFunction {
  const { class: kind, timeoutSeconds, scaling, queue, async } = spec;
  return {
    apiVersion: 'catnap.dev/v1alpha1',
    kind: 'Function',
    metadata: {
      ...trimMetadata(metadata),
      name: metadata.name,
      namespace: metadata.namespace,
      generation: metadata.generation,
    },
    spec: {
      ...(kind === 'isolate' && { class: kind }),
      timeoutSeconds,
      scaling,
      queue,
      async,
    } as CatnapFunction['spec'],
    status: status && {
      observedGeneration: status.observedGeneration,
      launch: status.launch,
      // Which is found is all that matters here; how triggers fare is the operator's to tell.
      triggers: status.triggers && { digest: status.triggers.digest, list: [] },
      conditions: status.conditions?.filter(({ type }) => type === conditionTypes.ready),
    },
  };
}

/** A Pod with no more than its identity, what holds it back, and what its status says of the function's container. */
export function trimPod(pod: Pod): Pod {
  const { metadata, status } = pod;
  return {
    metadata: { ...trimMetadata(metadata ?? {}), deletionTimestamp: metadata?.deletionTimestamp },
    ...specOfGates(pod),
    status: {
      phase: status?.phase,
      podIP: status?.podIP,
      conditions: status?.conditions?.filter(({ type }) => type === 'Ready'),
      containerStatuses: status?.containerStatuses,
    },
  };
}

function trimMetadata({ name, namespace, uid, resourceVersion, labels: all }: ObjectMeta): ObjectMeta {
  const { [labels.function]: functionName, [labels.pool]: pool } = all ?? {};
  const kept = {
    ...(functionName && { [labels.function]: functionName }),
    ...(pool && { [labels.pool]: pool }),
  };
  return { name, namespace, uid, resourceVersion, labels: kept };
}
