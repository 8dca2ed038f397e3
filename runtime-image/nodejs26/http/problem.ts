import type { ServerResponse } from 'node:http';
import { headers, type Rejection } from '../wire.ts';
import type { Call } from './call.ts';

/** Answers that come from the runtime rather than from the function, by their `x-catnap-error`. */
export const problems = {
  HandlerError: { status: 500, title: 'The function failed' },
  CallTimeout: { status: 504, title: 'The call took too long' },
  BadRequest: { status: 400, title: 'The request cannot be read' },
  PayloadTooLarge: { status: 413, title: 'The request body is too large' },
} as const;
export type ProblemReason = keyof typeof problems;

/**
 * Sends RFC 9457 problem details in place of whatever the function prepared. `detail` goes to the caller: no internals.
 */
export function sendProblem(call: Call, reason: ProblemReason, detail: string): void {
  const { response, requestId } = call;
  for (const name of response.getHeaderNames()) if (name !== 'connection') response.removeHeader(name);
  const { status, title } = problems[reason];
  const body = { type: problemType(reason), title, status, detail, instance: requestId };
  send(response, headers.error, reason, body);
}

const rejectionDetails: Record<Rejection, string> = {
  concurrency: 'This replica runs as many calls as it may.',
  draining: 'This replica is shutting down.',
  misdirected: 'Another function listens here.',
};

/** Refuses a call that was not started, before its body is read. */
export function sendRejection(response: ServerResponse, reason: Rejection, requestId: string): void {
  const body = {
    type: problemType('Unavailable'),
    title: 'The call was not started',
    status: 503,
    detail: rejectionDetails[reason],
    instance: requestId,
  };
  send(response, headers.rejected, reason, body);
}

function send(response: ServerResponse, header: string, value: string, body: { status: number }): void {
  const json = JSON.stringify(body);
  response.writeHead(body.status, {
    [header]: value,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(json),
  });
  response.end(json);
}

function problemType(reason: string): string {
  return `https://catnap.dev/problems/${reason.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}`;
}
