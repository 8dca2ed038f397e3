import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { conditionTypes, reasons } from '#crds/wire/reasons.ts';
import { findCondition } from '#kube/conditions.ts';
import { podRevision, podState } from '../function/pod-state.ts';
import { needsVerification } from '../function/status.ts';
import { scheduledMinimum } from '../schedule/minimum.ts';
import type { Load, Memory, Situation } from './decide.ts';

/** The status tells that the code does not load. */
export function isLoadFailed({ status }: CatnapFunction): boolean {
  return findCondition(status?.conditions, conditionTypes.ready)?.reason === reasons.loadFailed;
}

/** What a decision rests on, from a function and its pods. */
export function situationOf(input: {
  fn: CatnapFunction;
  replicas: number;
  /** Of these, ones that serve and are none of `pods`. */
  elsewhere: number;
  pods: readonly Pod[];
  load: Load | undefined;
  memory: Memory | undefined;
  nowMs: number;
}): Situation {
  const { fn, replicas, elsewhere, pods, load, memory, nowMs } = input;
  const states = pods.map((pod) => ({ kind: podState(pod).kind, revision: podRevision(pod) }));
  const readyReplicas = elsewhere + states.filter(({ kind }) => kind === 'ready').length;
  const { revision } = fn.status ?? {};
  const loadFailed = isLoadFailed(fn);
  return {
    scaling: fn.spec.scaling,
    scheduled: scheduledMinimum(fn),
    nowMs,
    load,
    replicas,
    readyReplicas,
    verifying: needsVerification(fn),
    loadFailed,
    // Pods of an earlier revision that still answer must not go down with a revision that does not load.
    failing:
      loadFailed &&
      readyReplicas === 0 &&
      states.some((state) => state.kind === 'loadFailed' && state.revision === revision),
    memory,
  };
}
