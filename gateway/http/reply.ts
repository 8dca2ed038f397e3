/** Answers that the gateway gives itself. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Failure } from '#gateway/errors.ts';
import { problemBody, problemHeaders } from '#gateway/problem.ts';

/** How much of an unwanted body is read, and for how long, so that the caller gets to read the answer. */
const LINGER_MS = 2_000;

/** Answers a request whose response has not begun with a problem document. */
export function replyProblem(
  request: IncomingMessage,
  response: ServerResponse,
  reason: Failure,
  requestId: string,
): void {
  const body = problemBody(reason, requestId);
  const headers = problemHeaders(reason, body, requestId);
  reply(request, response, reason.problem.status, headers, body);
}

/** Flat header list for a JSON body that is nobody else's business. */
export function jsonHeaders(body: string, requestId: string): string[] {
  return [
    ...['content-type', 'application/json'],
    ...['content-length', String(Buffer.byteLength(body))],
    ...['cache-control', 'no-store'],
    ...['x-request-id', requestId],
  ];
}

/** Answers with a small body whose headers, Content-Length among them, are given. */
export function reply(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: string[],
  body: string | Buffer,
): void {
  if (response.destroyed) return;
  if (request.complete || !expectsMore(request)) {
    response.writeHead(status, headers);
    response.end(body);
    return;
  }
  // The rest of the body is not wanted, so the connection cannot be used again; closing it at once could
  // reset it before the caller has read the answer.
  response.writeHead(status, [...headers, 'connection', 'close']);
  response.write(body);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  request.on('end', () => response.end());
  response.on('close', () => clearTimeout(timer));
  request.resume();
}

function expectsMore({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
