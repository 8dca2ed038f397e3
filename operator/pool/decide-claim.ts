/** What becomes of a warm pod that a gateway claimed: pure. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { labels } from '#crds/wire/names.ts';
import { reasons } from '#crds/wire/reasons.ts';
import type { Claim } from '#crds/wire/samples.ts';
import { ownerReference } from '#kube/owner-reference.ts';
import { functions } from '#kube/resource.ts';
import type { EventDraft } from '../function/events.ts';

/** By which ReplicaSets tell their own pods. */
const TEMPLATE_HASH = 'pod-template-hash';

/** @param pod that waits in a pool by its labels */
export function decideClaim(pod: Pod, fn: CatnapFunction | undefined): 'none' | 'adopt' | 'delete' {
  if (pod.metadata?.deletionTimestamp) return 'none';
  return fn && !fn.metadata.deletionTimestamp ? 'adopt' : 'delete';
}

/**
 * The merge patch that makes a warm pod the function's. Its ReplicaSet sees by labels and owner that it has one
 * pod less, and makes another at once. The uid has it fail for another pod of the same name.
 */
export function adoption(pod: Pod, fn: CatnapFunction, { revision }: Claim): object {
  return {
    metadata: {
      uid: pod.metadata?.uid,
      labels: {
        [labels.pool]: null,
        [TEMPLATE_HASH]: null,
        [labels.function]: fn.metadata.name,
        [labels.revision]: revision,
      },
      ownerReferences: [ownerReference(fn, functions)],
    },
  };
}

/** Of a claim that made the pod the function's, or that the code did not outlive. */
export function claimedEvent({ pod, claimMs, loadMs, loadFailed, growth }: Claim): EventDraft {
  if (loadFailed) {
    const note = `Took warm pod ${pod}, and the code did not load in it, which took ${duration(claimMs)}. The pod ends.`;
    return { type: 'Warning', reason: reasons.loadFailed, action: 'Verify', note };
  }
  const taken = `Took warm pod ${pod}${growth ? ', since calls wait' : ''}`;
  const note = `${taken}: ${duration(claimMs)}, of which loading the code ${duration(loadMs)}.`;
  return { type: 'Normal', reason: growth ? reasons.scaled : reasons.woken, action: 'Scale', note };
}

/** Whole milliseconds, with one digit more where that says something. */
function duration(ms: number): string {
  return ms < 10 ? `${Math.round(ms * 10) / 10} ms` : `${Math.round(ms)} ms`;
}
