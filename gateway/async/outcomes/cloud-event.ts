/** The end of an asynchronous call as a CloudEvent 1.0 in HTTP binary mode. Pure. */
import type { InvocationRecord } from '../records.ts';

/** Types of events; part of the interface. */
export const eventTypes = {
  succeeded: 'dev.catnap.invocation.succeeded',
  failed: 'dev.catnap.invocation.failed',
} as const;

export interface EventSource {
  readonly id: string;
  readonly record: InvocationRecord;
  /** What the function answered; undefined when it did not. */
  readonly response:
    | { readonly headers: readonly string[]; readonly body: Buffer; readonly bodyDropped?: boolean }
    | undefined;
}

export interface CloudEvent {
  /** The same each time that it is sent. */
  readonly id: string;
  /** Flat list: `ce-*` and the data's content-type. */
  readonly headers: string[];
  readonly body: Buffer;
}

/** The event that tells how a call ended; undefined for one that was cancelled or has not ended. */
export function outcomeEvent({ id, record, response }: EventSource): CloudEvent | undefined {
  const { state } = record;
  if (state !== 'succeeded' && state !== 'failed') return undefined;
  const eventId = `${id}-${state}`;
  const headers = [
    ...['ce-specversion', '1.0', 'ce-id', eventId, 'ce-type', eventTypes[state]],
    ...['ce-source', `/functions/${record.function}`, 'ce-subject', id],
    ...['ce-time', new Date(record.finishedAtMs ?? record.acceptedAtMs).toISOString()],
    // Extension attributes have names of lower-case letters and digits only.
    ...['ce-attempts', String(record.attempts)],
    ...(record.status === undefined ? [] : ['ce-status', String(record.status)]),
  ];
  if (response !== undefined && !response.bodyDropped) {
    const contentType = headerOf(response.headers, 'content-type');
    if (contentType !== undefined) headers.push('content-type', contentType);
    const encoding = headerOf(response.headers, 'content-encoding');
    if (encoding !== undefined) headers.push('content-encoding', encoding);
    return { id: eventId, headers, body: response.body };
  }
  const { reason, detail } = record;
  const data = response === undefined ? { reason, detail } : { bodyDropped: true };
  headers.push('content-type', 'application/json');
  return { id: eventId, headers, body: Buffer.from(JSON.stringify(data)) };
}

function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (headers[i]?.toLowerCase() === name) return headers[i + 1];
  return undefined;
}
