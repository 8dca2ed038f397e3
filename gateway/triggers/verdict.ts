/** What one call with events means for the next. Pure. */
import { judgeFailure, judgeResponse } from '#gateway/async/retry-policy.ts';
import type { Failure, ProblemCode } from '#gateway/errors.ts';

export type TriggerVerdict =
  | { readonly kind: 'succeeded' }
  /** No further call, whatever is left. */
  | { readonly kind: 'failed' }
  | { readonly kind: 'retry'; readonly afterMs: number | undefined }
  /** The function's code did not get to see the events: called again, without counting. */
  | { readonly kind: 'wait' };

/** The function cannot run now, which is no fault of the events: they wait at their source until it can. */
const NOT_RUN: ReadonlySet<string> = new Set<ProblemCode>([
  'FunctionNotFound',
  'GatewayStarting',
  'ImagePullFailed',
  'LoadFailed',
  'PodsBusy',
  'QueueFull',
  'QueueTimeout',
  'SourceMissing',
  'StartFailed',
]);

/**
 * Judges an answer. Only 2xx says that the events were taken.
 *
 * @param retryAfter that header
 * @param retryOn as in the function's `async`
 */
export function judgeAnswer(
  status: number,
  retryAfter: string | undefined,
  retryOn: ReadonlySet<number> | undefined,
  nowMs: number,
): TriggerVerdict {
  if (status >= 200 && status < 300) return { kind: 'succeeded' };
  if (status < 400) return { kind: 'failed' };
  return asTrigger(judgeResponse(status, retryAfter, retryOn, nowMs));
}

/** Judges a call that got no answer from the function. */
export function judgeNoAnswer(failure: Failure): TriggerVerdict {
  if (NOT_RUN.has(failure.problem.code)) return { kind: 'wait' };
  return asTrigger(judgeFailure(failure));
}

function asTrigger(verdict: ReturnType<typeof judgeResponse>): TriggerVerdict {
  return verdict.kind === 'postpone' ? { kind: 'wait' } : verdict;
}
