import type { FunctionSpec } from '#crds/function/types.ts';
import { hashOf } from './canonical.ts';

/** 48 bits: a name stays readable, and one function never sees enough revisions to collide. */
const REVISION_DIGITS = 12;

/**
 * The hash of everything a user says about what runs inside the pods. Replica counts, queue and
 * asynchronous settings act outside of pods and leave it alone, so changing them restarts nothing.
 *
 * What the platform adds (the runtime image, the shape of the pod template) is left out on purpose: an
 * upgrade of the operator rolls the pods that run, but does not wake every sleeping function to verify
 * once more that its code loads.
 *
 * @param sourceHash content hash of the referenced ConfigMap, for `source.configMap`
 */
export function revisionOf(spec: FunctionSpec, sourceHash?: string): string {
  const { runtime, handler, source, image, env, envFrom, resources, timeoutSeconds } = spec;
  return hashOf(
    {
      runtime,
      handler,
      source,
      sourceHash,
      image,
      env,
      envFrom,
      resources,
      timeoutSeconds,
      concurrency: spec.scaling.concurrency,
    },
    REVISION_DIGITS,
  );
}
