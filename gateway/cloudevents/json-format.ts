/** Events in the JSON format of CloudEvents 1.0: one object, or a batch as an array of such. */
import { isUtf8 } from 'node:buffer';
import { attributesOf, type CloudEvent, cut, EventError, eventOf } from './event.ts';

export const STRUCTURED = 'application/cloudevents+json';
export const BATCH = 'application/cloudevents-batch+json';
const MAX_BATCH = 1_000;

/** Renders several events as the body of a batch. */
export function encodeBatch(events: readonly CloudEvent[]): Buffer {
  return Buffer.from(`[${events.map(encodeObject).join(',')}]`);
}

function encodeObject(event: CloudEvent): string {
  const members = [...attributesOf(event)].map(([name, value]) => `${quote(name)}:${quote(value)}`);
  if (event.contentType !== undefined) members.push(`"datacontenttype":${quote(event.contentType)}`);
  if (event.data.length > 0) members.push(dataMember(event));
  return `{${members.join(',')}}`;
}

/** JSON data stands as it is, so that no number loses digits; other text as a string; the rest in base64. */
function dataMember({ data, contentType = 'application/json' }: CloudEvent): string {
  if (isUtf8(data)) {
    const text = data.toString();
    if (!isJson(contentType)) {
      if (/^text\/|[/+]xml\b/i.test(contentType)) return `"data":${quote(text)}`;
    } else if (isValidJson(text)) return `"data":${text}`;
  }
  return `"data_base64":"${data.toString('base64')}"`;
}

/**
 * Reads one event of a structured request.
 *
 * @throws EventError
 */
export function decodeStructured(body: Buffer): CloudEvent {
  return decodeObject(parse(body));
}

/**
 * Checks a batch.
 *
 * @throws EventError that names the first event that is wrong
 */
export function decodeBatch(body: Buffer): CloudEvent[] {
  const list = parse(body);
  if (!Array.isArray(list)) throw new EventError('A batch is a JSON array of events.');
  if (list.length === 0) throw new EventError('The batch has no events.');
  if (list.length > MAX_BATCH) throw new EventError(`A batch may have at most ${MAX_BATCH} events.`);
  return list.map((entry, index) => {
    try {
      return decodeObject(entry);
    } catch (error) {
      throw error instanceof EventError ? new EventError(`Event ${index + 1}: ${error.message}`) : error;
    }
  });
}

function decodeObject(value: unknown): CloudEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EventError('An event is a JSON object.');
  }
  const { data, data_base64: encoded, datacontenttype, ...rest } = value as Record<string, unknown>;
  const attributes = attributesIn(rest);
  const contentType = attributesIn({ datacontenttype }).get('datacontenttype');
  if (typeof encoded === 'string' && data === undefined) {
    return eventOf(attributes, Buffer.from(encoded, 'base64'), contentType);
  }
  if (encoded !== undefined && encoded !== null) {
    throw new EventError('An event has either data, or data_base64 as a string.');
  }
  if (data === undefined) return eventOf(attributes, Buffer.alloc(0), contentType);
  const type = contentType ?? 'application/json';
  const text = typeof data === 'string' && !isJson(type) ? data : JSON.stringify(data);
  return eventOf(attributes, Buffer.from(text), type);
}

/** Those that are set. */
function attributesIn(members: Record<string, unknown>): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(members)) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'object') throw new EventError(`Attribute ${cut(name)} must be a string.`);
    attributes.set(name, String(value));
  }
  return attributes;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new EventError(`The body is not JSON: ${(error as Error).message}.`);
  }
}

function isJson(contentType: string): boolean {
  return /^[^;]*[/+]json\s*(;|$)/i.test(contentType);
}

function isValidJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const quote = (text: string): string => JSON.stringify(text.toWellFormed());
