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
    id,
    function: record.function,
    status: record.state,
    attempts: record.attempts,
    acceptedAt: record.acceptedAt,
    finishedAt: record.finishedAt,
    ...(record.reason && { reason: record.reason, detail: record.detail }),
    ...(stored && { response: responseDocument(stored.head, stored.body) }),
  };
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
