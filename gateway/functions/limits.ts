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
  readonly asyncAttempts: number;
  readonly asyncBackoffMs: number;
}

/** Compiles a spec. The API server has filled in the defaults. */
export function limitsOf({ spec }: CatnapFunction): Limits {
  return {
    concurrency: spec.scaling.concurrency,
    maxReplicas: spec.scaling.maxReplicas,
    timeoutMs: spec.timeoutSeconds * 1_000,
    maxDepth: spec.queue.maxDepth,
    maxWaitMs: spec.queue.maxWaitSeconds * 1_000,
    asyncAttempts: spec.async.maxAttempts,
    asyncBackoffMs: spec.async.backoffSeconds * 1_000,
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
