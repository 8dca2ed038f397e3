/** The part of a Function that the invocation path needs, compiled once per change. */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { conditionTypes } from '#crds/wire/reasons.ts';
import { type Problem, problemForReason } from '#gateway/errors.ts';

export interface Limits {
  /** Calls that one pod runs at the same time. */
  readonly concurrency: number;
  readonly maxReplicas: number;
  readonly timeoutMs: number;
  readonly maxDepth: number;
  readonly maxWaitMs: number;
  readonly async: AsyncLimits;
}

export interface AsyncLimits {
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly maxAgeMs: number;
  readonly maxBacklog: number;
  /** Undefined for the usual ones. */
  readonly retryOn: ReadonlySet<number> | undefined;
  readonly onSuccess: Destination | undefined;
  readonly onFailure: Destination | undefined;
}

/** Who is told how an asynchronous call ended: one of the two. */
export interface Destination {
  /** In the same namespace. */
  readonly function?: string;
  readonly url?: string;
}

/** Compiles a spec. The API server has filled in the defaults. */
export function limitsOf({ spec }: CatnapFunction): Limits {
  return {
    concurrency: spec.scaling.concurrency,
    maxReplicas: spec.scaling.maxReplicas,
    timeoutMs: spec.timeoutSeconds * 1_000,
    maxDepth: spec.queue.maxDepth,
    maxWaitMs: spec.queue.maxWaitSeconds * 1_000,
    async: asyncLimitsOf(spec.async),
  };
}

function asyncLimitsOf(spec: CatnapFunction['spec']['async']): AsyncLimits {
  return {
    maxAttempts: spec.maxAttempts,
    backoffMs: spec.backoffSeconds * 1_000,
    maxBackoffMs: spec.maxBackoffSeconds * 1_000,
    maxAgeMs: spec.maxAgeSeconds * 1_000,
    maxBacklog: spec.maxBacklog,
    retryOn: spec.retryOn && new Set(spec.retryOn),
    onSuccess: spec.onSuccess,
    onFailure: spec.onFailure,
  };
}

/** Why the present generation of a function cannot run, as its status tells. */
export interface Verdict {
  readonly problem: Problem;
  readonly message: string;
  /** Changes whenever the operator judges anew. */
  readonly since: string;
}

/** The verdict of a Function's status; undefined while it is fine, unknown, or about another generation. */
export function verdictOf({ metadata, status }: CatnapFunction): Verdict | undefined {
  const ready = status?.conditions?.find(({ type }) => type === conditionTypes.ready);
  if (ready?.status !== 'False') return undefined;
  const generation = ready.observedGeneration ?? status?.observedGeneration;
  if (generation !== metadata.generation) return undefined;
  const problem = problemForReason(ready.reason);
  return problem && { problem, message: ready.message, since: ready.lastTransitionTime };
}

/** Whether two verdicts are the same judgement, made once. */
export function sameVerdict(a: Verdict | undefined, b: Verdict | undefined): boolean {
  return a?.problem === b?.problem && a?.message === b?.message && a?.since === b?.since;
}
