/** Events as HTTP requests: one in binary mode, several as a batch; and the way back, for all three modes. */
import type { IncomingHttpHeaders } from 'node:http';
import { attributesOf, type CloudEvent, EventError, eventOf } from './event.ts';
import { decodeHeaderValue, encodeHeaderValue } from './header-values.ts';
import { BATCH, decodeBatch, decodeStructured, encodeBatch, STRUCTURED } from './json-format.ts';

const PREFIX = 'ce-';

export interface EventMessage {
  /** Flat list: content type and `ce-*`. */
  readonly headers: string[];
  readonly body: Buffer;
}

/** The request that brings these events to a function: binary for one, unless it is said to be a batch. */
export function eventMessage(events: readonly CloudEvent[], asBatch = events.length > 1): EventMessage {
  const [event] = events;
  if (asBatch || event === undefined) {
    return { headers: ['content-type', BATCH], body: encodeBatch(events) };
  }
  const headers: string[] = [];
  if (event.contentType !== undefined) headers.push('content-type', headerSafe(event.contentType));
  for (const [name, value] of attributesOf(event)) headers.push(PREFIX + name, encodeHeaderValue(value));
  return { headers, body: event.data };
}

export interface ReceivedEvents {
  readonly events: readonly CloudEvent[];
  readonly isBatch: boolean;
}

/**
 * The events of a request, in whichever mode it is.
 *
 * @throws EventError that says what is wrong with it
 */
export function receiveEvents(headers: IncomingHttpHeaders, body: Buffer): ReceivedEvents {
  const contentType = headers['content-type'];
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === BATCH) return { events: decodeBatch(body), isBatch: true };
  if (mediaType === STRUCTURED) return { events: [decodeStructured(body)], isBatch: false };
  if (mediaType?.startsWith('application/cloudevents')) {
    throw new EventError(`Content-Type ${mediaType} is not supported; use ${STRUCTURED} or ${BATCH}.`);
  }
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(PREFIX) || value === undefined) continue;
    attributes.set(name.slice(PREFIX.length), decode(name, String(value)));
  }
  if (attributes.size === 0) {
    throw new EventError(
      `The request is no CloudEvent: send ce-specversion, ce-id, ce-type and ce-source as headers, or ${STRUCTURED} or ${BATCH} as Content-Type.`,
    );
  }
  return { events: [eventOf(attributes, body, contentType)], isBatch: false };
}

function decode(name: string, value: string): string {
  try {
    return decodeHeaderValue(value);
  } catch {
    throw new EventError(`Header ${name} is not valid percent-encoded UTF-8.`);
  }
}

/** A source may say anything; a header may not. */
function headerSafe(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '');
}
