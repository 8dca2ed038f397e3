/** What one delivery of an asynchronous call means for the next. Pure. */
import type { Failure } from '#gateway/errors.ts';

const LONGEST_PAUSE_MS = 3_600_000;
/** Server errors that a repetition does not change. */
const FINAL_SERVER_ERRORS = new Set([501, 505]);
/** The call never began, for want of room: not counted as a delivery. */
const POSTPONED = new Set(['QueueFull', 'GatewayStarting', 'PodsBusy']);

export type Verdict =
  | { readonly kind: 'succeeded' }
  /** No further delivery, whatever is left. */
  | { readonly kind: 'failed' }
  | { readonly kind: 'retry'; readonly afterMs: number | undefined }
  | { readonly kind: 'postpone' };

/** Judges a response by its status; `retryAfter` is that header. */
export function judgeResponse(status: number, retryAfter: string | undefined, nowMs: number): Verdict {
  if (status < 400) return { kind: 'succeeded' };
  if (status === 429 || status === 503) return { kind: 'retry', afterMs: parseRetryAfter(retryAfter, nowMs) };
  if (status >= 500 && !FINAL_SERVER_ERRORS.has(status)) return { kind: 'retry', afterMs: undefined };
  return { kind: 'failed' };
}

/** Judges a call that got no response from the function. */
export function judgeFailure({ problem }: Failure): Verdict {
  if (POSTPONED.has(problem.code)) return { kind: 'postpone' };
  return problem.status >= 500 ? { kind: 'retry', afterMs: undefined } : { kind: 'failed' };
}

/** Pause before the delivery that follows `attempt` (1 for the first): doubling, with a little spread. */
export function backoffMs(attempt: number, baseMs: number, random: number): number {
  const pause = Math.min(baseMs * 2 ** Math.min(attempt - 1, 30), LONGEST_PAUSE_MS);
  return Math.round(pause * (0.9 + random * 0.2));
}

/** Milliseconds to wait by a Retry-After header, in either of its forms; undefined when it has none. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_PAUSE_MS);
}
