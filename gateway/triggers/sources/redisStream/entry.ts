import type { TriggerEvent } from '../../source.ts';

/** Id, and names and values in turn; null when the entry was deleted while it was pending. */
export type Entry = [id: string, fields: string[] | null];

export interface EntryOrigin {
  /** URI of the stream. */
  source: string;
  stream: string;
  orderBy: 'none' | 'stream' | 'field';
  orderField?: string;
}

/** The event of an entry: its data is a JSON object of the fields. */
export function entryEvent(id: string, fields: readonly string[], origin: EntryOrigin): TriggerEvent {
  const data = fieldsObject(fields);
  const key = orderKey(data, origin);
  return {
    id,
    type: 'io.redis.stream.entry',
    source: origin.source,
    subject: origin.stream,
    ...entryTime(id),
    contentType: 'application/json',
    data: Buffer.from(JSON.stringify(data)),
    ...(key !== undefined && { key }),
  };
}

/** A name that occurs more than once has an array. */
function fieldsObject(fields: readonly string[]): Record<string, string | string[]> {
  // Without a prototype: a field may be called __proto__.
  const object: Record<string, string | string[]> = Object.create(null);
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] as string;
    const value = fields[index + 1] as string;
    const before = object[name];
    object[name] = before === undefined ? value : [before, value].flat();
  }
  return object;
}

function orderKey(
  data: Record<string, string | string[]>,
  { orderBy, stream, orderField = '' }: EntryOrigin,
): string | undefined {
  if (orderBy === 'none') return undefined;
  if (orderBy === 'stream') return stream;
  const value = data[orderField];
  return Array.isArray(value) ? value.join('\n') : value;
}

/** The part before the dash is a time in ms, unless the producer chose ids of its own. */
function entryTime(id: string): { time?: string } {
  const ms = Number(id.split('-')[0]);
  return ms > 0 && ms <= 8.64e15 ? { time: new Date(ms).toISOString() } : {};
}
