/** What one delivery of an asynchronous call means for the next. Pure. */
import type { Failure } from '#gateway/errors.ts';
import type { AsyncLimits } from '#gateway/functions/limits.ts';
import { backoffMs as exponential } from '#kube/backoff.ts';

/** Longest pause that a function can ask for. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;
/** Server errors that a repetition does not change. */
const FINAL_SERVER_ERRORS = new Set([501, 505]);
/** The call never began, for want of room: not counted as a delivery. */
const POSTPONED = new Set(['QueueFull', 'GatewayStarting', 'PodsBusy']);
/** What says that there was too much to do. */
const THROTTLING = new Set([429, 503]);

export type Verdict =
  | { readonly kind: 'succeeded' }
  /** No further delivery, whatever is left. */
  | { readonly kind: 'failed' }
  | { readonly kind: 'retry'; readonly afterMs: number | undefined }
  | { readonly kind: 'postpone' };

/**
 * Judges a response by its status.
 *
 * @param retryAfter that header
 * @param retryOn the statuses that the function wants repeated; undefined for 429 and 5xx other than 501 and 505
 */
export function judgeResponse(
  status: number,
  retryAfter: string | undefined,
  retryOn: ReadonlySet<number> | undefined,
  nowMs: number,
): Verdict {
  if (status < 400) return { kind: 'succeeded' };
  const again =
    retryOn?.has(status) ?? (status === 429 || (status >= 500 && !FINAL_SERVER_ERRORS.has(status)));
  if (!again) return { kind: 'failed' };
  return { kind: 'retry', afterMs: isThrottled(status) ? parseRetryAfter(retryAfter, nowMs) : undefined };
}

/** Whether a status asks for fewer calls. */
export function isThrottled(status: number): boolean {
  return THROTTLING.has(status);
}

/** Whether a call never began, for want of room. */
export function isPostponed({ problem }: Failure): boolean {
  return POSTPONED.has(problem.code);
}

/** Judges a call that got no response from the function. */
export function judgeFailure(reason: Failure): Verdict {
  const { problem } = reason;
  if (isPostponed(reason)) return { kind: 'postpone' };
  return problem.status >= 500 ? { kind: 'retry', afterMs: undefined } : { kind: 'failed' };
}

/**
 * Pause before the delivery that follows `attempt` (1 for the first): doubling up to a bound, and of that between half
 * and all, so that what failed together is not repeated together.
 *
 * @param random from 0 to 1
 */
export function backoffMs(
  attempt: number,
  { backoffMs: base, maxBackoffMs }: Pick<AsyncLimits, 'backoffMs' | 'maxBackoffMs'>,
  random: number,
): number {
  return Math.round(exponential(attempt, { minMs: base, maxMs: maxBackoffMs, random: () => 1 - random }));
}

/** Milliseconds to wait by a Retry-After header, in either of its forms; undefined when it has none. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}
