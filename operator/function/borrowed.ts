/** Pods that a function took from a pool: they belong to the Function itself, not to its Deployment. Pure. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { controllerOf } from '#kube/owner-reference.ts';
import { functions } from '#kube/resource.ts';
import { podState } from './pod-state.ts';

export function isBorrowed(pod: Pod): boolean {
  return controllerOf(pod)?.kind === functions.kind;
}

/** Those that count as replicas of this very function. */
export function liveBorrowed(fn: CatnapFunction, pods: readonly Pod[]): Pod[] {
  return pods.filter((pod) => controllerOf(pod)?.uid === fn.metadata.uid && podState(pod).kind !== 'leaving');
}
