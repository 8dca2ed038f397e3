/** What holds a pod back from being scheduled (KEP-3521). */
import type { Pod, PodSchedulingGate } from 'kubernetes-types/core/v1.js';

/** Empty for a pod that nothing holds back. */
export function schedulingGates({ spec }: Pod): PodSchedulingGate[] {
  return spec?.schedulingGates ?? [];
}

/** Of a pod's spec its gates alone, for caches that keep no more; nothing when there are none. */
export function specOfGates(pod: Pod): Pick<Pod, 'spec'> {
  const gates = schedulingGates(pod);
  return gates.length > 0 ? { spec: { schedulingGates: gates, containers: [] } } : {};
}
