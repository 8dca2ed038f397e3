/** Renders failures as RFC 9457 problem documents. */
import type { Failure } from './errors.ts';

export const PROBLEM_TYPE_BASE = 'https://catnap.dev/problems/';

/** `QueueFull` → `queue-full`. */
export function kebab(code: string): string {
  return code.replace(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase();
}

/** The document for a failure; `instance` is the request id. */
export function problemBody({ problem, detail }: Failure, instance: string): string {
  return JSON.stringify({
    type: PROBLEM_TYPE_BASE + kebab(problem.code),
    title: problem.title,
    status: problem.status,
    detail,
    instance,
  });
}

/** Flat header list that goes with {@link problemBody}. */
export function problemHeaders(failure: Failure, body: string, requestId: string): string[] {
  const headers = [
    'content-type',
    'application/problem+json',
    'content-length',
    String(Buffer.byteLength(body)),
    'cache-control',
    'no-store',
    'x-request-id',
    requestId,
  ];
  const { retryAfterSeconds } = failure.problem;
  if (retryAfterSeconds !== undefined) headers.push('retry-after', String(retryAfterSeconds));
  if (failure.headers !== undefined) headers.push(...failure.headers);
  return headers;
}
