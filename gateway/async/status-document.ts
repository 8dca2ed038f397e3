/** How an asynchronous call is described to its caller. */
import { isUtf8 } from 'node:buffer';
import type { StoredResponse } from './message.ts';
import type { InvocationRecord } from './records.ts';

/** The JSON document at `/invocations/ID`. */
export function statusDocument(
  id: string,
  record: InvocationRecord,
  stored: { head: StoredResponse; body: Buffer } | undefined,
): object {
  return {
    ...summary(id, record),
    ...(record.reason && { reason: record.reason, detail: record.detail }),
    ...(stored && { response: responseDocument(stored.head, stored.body) }),
  };
}

/** What is told of one call among many. */
export function summary(id: string, record: InvocationRecord): object {
  return {
    id,
    function: record.function,
    status: record.state,
    ...(record.cancelling && record.state === 'running' && { cancelling: true }),
    attempts: record.attempts,
    acceptedAt: time(record.acceptedAtMs),
    startedAt: time(record.startedAtMs),
    nextAttemptAt: time(record.nextAttemptAtMs),
    finishedAt: time(record.finishedAtMs),
    responseStatus: record.status,
  };
}

function time(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function responseDocument(head: StoredResponse, body: Buffer): object {
  const headers: Record<string, string> = {};
  for (let i = 0; i < head.headers.length; i += 2) {
    const name = head.headers[i] as string;
    const value = head.headers[i + 1] as string;
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  const text = isUtf8(body);
  return {
    status: head.status,
    headers,
    ...(head.bodyDropped
      ? { bodyDropped: true }
      : { body: body.toString(text ? 'utf8' : 'base64'), bodyEncoding: text ? 'utf8' : 'base64' }),
  };
}
