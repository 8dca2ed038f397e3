/** What to do about the replicas of one function, of its Deployment and from the pool together. Pure. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { controllerOf } from '#kube/owner-reference.ts';
import { isBorrowed, liveBorrowed } from '../function/borrowed.ts';
import { podRevision, podState } from '../function/pod-state.ts';
import { needsVerification } from '../function/status.ts';
import { type Decision, decide, type Load, type Memory, type Situation, type Why } from './decide.ts';
import { isSuperseded, type Loans, reviewLoans, type TakeOver, takeOverReason } from './loans.ts';
import { isLoadFailed, situationOf } from './situation.ts';
import { split } from './split.ts';

export interface Subject {
  key: string;
  fn: CatnapFunction;
  deployment: Deployment;
  /** What the Deployment is scaled to. */
  own: number;
  /** All pods of the function. */
  pods: readonly Pod[];
  /** Pods from the pool that serve it and are not labelled as its own yet: see pool/claims.ts. */
  taken: number;
  /** How many pods of its pool gateways may take for it: all that are free but one. */
  spare: () => number;
}

/** Gateways take pods from the pool for calls that wait, within a tenth of this. */
const POOL_FIRST_MS = 2_000;

export interface Change extends Subject {
  /** What to scale the Deployment to. */
  ownTo: number;
  /** Pods from the pool to delete. */
  retire: readonly Pod[];
  /** Replicas before and after, without those in whose place others were started. */
  from: number;
  to: number;
  why: Why;
  /** Why the Deployment takes the place of pods from the pool, if it now does. */
  takeOver: TakeOver | undefined;
}

export interface Judgement {
  decision: Decision;
  loans: Loans;
  change: Change | undefined;
}

export function judge(
  subject: Subject,
  known: { load: Load | undefined; memory: Memory | undefined; loans: Loans | undefined; nowMs: number },
): Judgement {
  const { fn, own, pods, taken } = subject;
  const useless = pods.filter((pod) => isUseless(fn, pod, pods));
  const borrowed = liveBorrowed(fn, pods).filter((pod) => !useless.includes(pod));
  const loans = reviewLoans(known.loans, borrowed, known.nowMs);
  const counting = borrowed.filter((pod) => !isSuperseded(loans, pod));
  const from = own + counting.length;
  const hosted = isHosted(subject, known) ? 1 : 0;
  const elsewhere = hosted + taken;
  const situation = situationOf({ ...known, fn, pods, elsewhere, replicas: from + elsewhere });
  const decision = decide(situation);
  const needsOwn = situation.verifying && !situation.loadFailed;
  const least = Math.max(needsOwn ? 1 : 0, fn.spec.scaling.minReplicas, situation.scheduled);
  const wanted = besidePool(Math.max(0, decision.desired - hosted), {
    from,
    pool: fromPool(subject, decision, known),
    least,
  });
  const takeOver = wanted > 0 ? takeOverReason(fn, borrowed, loans, known.load, known.nowMs) : undefined;
  const { deployment: ownTo, retire } = split({
    wanted,
    deployment: own,
    ready: pods.filter((pod) => isOwnAndReady(fn, pod)).length,
    borrowed: [...counting.sort(bestFirst(fn)), ...borrowed.filter((pod) => isSuperseded(loans, pod))],
    superseded: borrowed.length - counting.length,
    takesOver: takeOver !== undefined,
    needsOwn,
  });
  const staying = takeOver ? [] : counting.filter((pod) => !retire.includes(pod));
  const change: Change = {
    ...subject,
    ownTo,
    retire: [...retire, ...useless],
    from,
    to: ownTo + staying.length,
    why: decision.change?.why ?? usualWhy(situation),
    takeOver,
  };
  const isNone = ownTo === own && change.retire.length === 0 && !takeOver;
  return { decision, loans, change: isNone ? undefined : change };
}

/**
 * Pods from the pool that serve already and are labelled soon, and for a moment those that gateways may take as well: they
 * are there in milliseconds, where the Deployment starts pods that take the CPU from them.
 */
function fromPool({ taken, spare }: Subject, { memory }: Decision, { nowMs }: { nowMs: number }): number {
  const { growsSinceMs } = memory ?? {};
  const isPoolFirst = growsSinceMs !== undefined && nowMs - growsSinceMs < POOL_FIRST_MS;
  return taken + (isPoolFirst ? spare() : 0);
}

/**
 * What is wanted beside pods from the pool that are not labelled yet: these are a reason not to grow, but none to give up
 * what is there, nor to go without what only the Deployment can give.
 */
function besidePool(
  desired: number,
  { from, pool, least }: { from: number; pool: number; least: number },
): number {
  if (desired <= from) return desired;
  return Math.max(from, Math.min(least, desired), desired - pool);
}

/**
 * Whether calls go to a shared host: that is one replica for which nothing has to be started. With pods of its own
 * the function is done with hosts, though calls may still go to both.
 */
function isHosted(
  { fn, own }: Subject,
  known: { load: Load | undefined; memory: Memory | undefined },
): boolean {
  const { spec, status } = fn;
  const isEligible = spec.class === 'isolate' && status?.launch !== undefined && !needsVerification(fn);
  const isCalled = known.load?.active === true || known.memory !== undefined;
  return isEligible && isCalled && own === 0 && spec.scaling.minReplicas === 0;
}

/**
 * Pods from the pool that serve nothing and that nobody else removes: ended ones, and those whose code does not
 * load once that was told of, or while others answer.
 */
function isUseless(fn: CatnapFunction, pod: Pod, pods: readonly Pod[]): boolean {
  if (!isBorrowed(pod) || controllerOf(pod)?.uid !== fn.metadata.uid) return false;
  const { kind } = podState(pod);
  if (kind === 'leaving') return pod.metadata?.deletionTimestamp === undefined;
  if (kind !== 'loadFailed') return false;
  const othersAnswer = pods.some((other) => podState(other).kind === 'ready');
  return isLoadFailed(fn) || othersAnswer || podRevision(pod) !== fn.status?.revision;
}

function isOwnAndReady(fn: CatnapFunction, pod: Pod): boolean {
  return !isBorrowed(pod) && podState(pod).kind === 'ready' && podRevision(pod) === fn.status?.revision;
}

/** Those that answer calls, and of these the ones with the code that is known to load. */
function bestFirst(fn: CatnapFunction): (a: Pod, b: Pod) => number {
  const rank = (pod: Pod) =>
    (podState(pod).kind === 'ready' ? 2 : 0) + (podRevision(pod) === fn.status?.loadedRevision ? 1 : 0);
  return (a, b) => rank(b) - rank(a);
}

function usualWhy({ verifying }: Situation): Why {
  return verifying ? 'verification' : 'load';
}
