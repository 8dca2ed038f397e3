/** Which events a change of status, a replaced pod or an end is worth: one per change, never for "still so". */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction, FunctionStatus } from '#crds/function/types.ts';
import { conditionTypes, type Reason, reasons } from '#crds/wire/reasons.ts';
import { findCondition } from '#kube/conditions.ts';
import { isBorrowed } from './borrowed.ts';
import { outOfMemoryText } from './conditions.ts';
import type { MemoryEnd } from './container-end.ts';
import { podState } from './pod-state.ts';

export interface EventDraft {
  type: 'Normal' | 'Warning';
  reason: Reason;
  /** What the operator was doing, from a fixed set of words. */
  action: 'Verify' | 'Reconcile' | 'Replace' | 'Scale' | 'Run' | 'Connect';
  note: string;
}

const worthTelling: Partial<Record<string, Pick<EventDraft, 'type' | 'action'>>> = {
  [reasons.loaded]: { type: 'Normal', action: 'Verify' },
  [reasons.loadFailed]: { type: 'Warning', action: 'Verify' },
  [reasons.startFailed]: { type: 'Warning', action: 'Verify' },
  [reasons.imagePullFailed]: { type: 'Warning', action: 'Verify' },
  [reasons.unschedulable]: { type: 'Warning', action: 'Verify' },
  [reasons.sourceMissing]: { type: 'Warning', action: 'Reconcile' },
  [reasons.nameConflict]: { type: 'Warning', action: 'Reconcile' },
  [reasons.paused]: { type: 'Normal', action: 'Reconcile' },
};

/** Events for a change of why a function is or is not ready. */
export function readinessEvents(before: FunctionStatus | undefined, after: FunctionStatus): EventDraft[] {
  const previous = readyOf(before);
  const present = readyOf(after);
  const kind = present && worthTelling[present.reason];
  const isSame = previous?.reason === present?.reason && before?.revision === after.revision;
  if (!present || !kind || isSame) return [];
  // The reason is one of ours: the status was computed from the same constants.
  return [{ ...kind, reason: present.reason as Reason, note: present.message }];
}

/** The event of a pod that was deleted for a fresh one. */
export function podReplacedEvent(pod: Pod): EventDraft {
  const state = podState(pod);
  const why =
    state.kind === 'blocked'
      ? `a call blocked it beyond its timeout: ${state.message}`
      : 'it ran out of memory again and Kubernetes delays its next start.';
  // In the place of one from a pool nothing is started: the next call takes another.
  const note = `Pod ${pod.metadata?.name} is ${isBorrowed(pod) ? 'given up' : 'replaced'}, ${why}`;
  return { type: 'Warning', reason: reasons.podReplaced, action: 'Replace', note };
}

/** The event of a container that ended for lack of memory. Told at each end, however short it was. */
export function outOfMemoryEvent(fn: CatnapFunction, pod: Pod, what: MemoryEnd): EventDraft {
  const note = `Pod ${pod.metadata?.name}: ${outOfMemoryText(fn, what)}`;
  return { type: 'Warning', reason: reasons.outOfMemory, action: 'Run', note };
}

function readyOf(status: FunctionStatus | undefined) {
  return findCondition(status?.conditions, conditionTypes.ready);
}
