/** What becomes of a request with CloudEvents: checked, and in the form in which functions get events. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Converted } from '#gateway/async/async-calls.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import { type CloudEvent, EventError } from './event.ts';
import { eventMessage, receiveEvents } from './http-message.ts';
import { BATCH } from './json-format.ts';

/**
 * A single event becomes a request in binary mode, whichever mode it came in; a batch stays as it is. The same
 * event sent twice has the same idempotency key.
 *
 * @param received the headers of the request
 * @param forwarded the flat list that the function would get of them
 */
export function eventRequest(
  received: IncomingHttpHeaders,
  forwarded: readonly string[],
  body: Buffer,
): Converted | Failure {
  try {
    const { events, isBatch } = receiveEvents(received, body);
    const message = isBatch ? { headers: ['content-type', BATCH], body } : eventMessage(events);
    return {
      headers: [...withoutEvent(forwarded), ...message.headers],
      body: message.body,
      idempotencyKey: keyOf(events),
    };
  } catch (error) {
    if (error instanceof EventError) return failure('InvalidEvent', error.message);
    throw error;
  }
}

/** The sender's headers but for those that are the event's own. */
function withoutEvent(headers: readonly string[]): string[] {
  return headers.filter((_, index) => {
    const name = headers[index - (index % 2)] as string;
    return name !== 'content-type' && !name.startsWith('ce-');
  });
}

/** Source and id identify an event. */
function keyOf(events: readonly CloudEvent[]): string {
  const sum = createHash('sha256');
  for (const { source, id } of events) sum.update(JSON.stringify([source, id]));
  return `event-${sum.digest('hex')}`;
}
