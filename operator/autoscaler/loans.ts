/** What is known of the pods that a function took from a pool, and when its Deployment takes over from them. Pure. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { podRevision } from '../function/pod-state.ts';
import { scheduledMinimum } from '../schedule/minimum.ts';
import type { Load } from './decide.ts';

/** Calls that go on for so long are no visit any more. */
const PROMOTION_MS = 120_000;

export interface Loan {
  /** When the pod was first seen as the function's. */
  sinceMs: number;
  /** The Deployment was scaled to take its place: it goes as soon as that one's pods are ready. */
  superseded: boolean;
}

/** By uid of the pod. */
export type Loans = ReadonlyMap<string, Loan>;

export type TakeOver = 'lasting load' | 'revision' | 'minimum' | 'schedule';

/** What is known from now on, of the pods that are still there. */
export function reviewLoans(loans: Loans | undefined, borrowed: readonly Pod[], nowMs: number): Loans {
  const uids = borrowed.map(uidOf);
  return new Map(uids.map((uid) => [uid, loans?.get(uid) ?? { sinceMs: nowMs, superseded: false }]));
}

export function supersedeAll(loans: Loans): Loans {
  return new Map([...loans].map(([uid, loan]) => [uid, { ...loan, superseded: true }]));
}

export function isSuperseded(loans: Loans, pod: Pod): boolean {
  return loans.get(uidOf(pod))?.superseded ?? false;
}

/** Why the Deployment should take over, if it should and has not done so yet. */
export function takeOverReason(
  fn: CatnapFunction,
  borrowed: readonly Pod[],
  loans: Loans,
  load: Load | undefined,
  nowMs: number,
): TakeOver | undefined {
  const present = borrowed.filter((pod) => !isSuperseded(loans, pod));
  if (present.length === 0) return undefined;
  if (fn.spec.scaling.minReplicas > 0) return 'minimum';
  if (scheduledMinimum(fn) > 0) return 'schedule';
  if (present.some((pod) => podRevision(pod) !== fn.status?.loadedRevision)) return 'revision';
  const isOld = present.some((pod) => nowMs - (loans.get(uidOf(pod))?.sinceMs ?? nowMs) >= PROMOTION_MS);
  return isOld && load?.active ? 'lasting load' : undefined;
}

function uidOf({ metadata }: Pod): string {
  return metadata?.uid ?? '';
}
