import type { TriggerEvent } from '../../source.ts';

/** The part of a consumed message that an event is made of. */
export interface KafkaRecord {
  topic: string;
  partition: number;
  offset: bigint;
  /** In ms since 1970; -1 without one. */
  timestamp: bigint;
  key: Buffer | undefined;
  /** Undefined for a tombstone. */
  value: Buffer | undefined;
  headerEntries: readonly (readonly [Buffer | undefined, Buffer | undefined])[];
}

const MAX_HEADERS = 32;
const MAX_HEADER_BYTES = 1_024;
const CONTENT_TYPE = /^content-?type$/i;

/** The event of a record. @param broker HOST:PORT that stands for the cluster */
export function recordEvent(
  record: KafkaRecord,
  { broker, orderBy }: { broker: string; orderBy: 'partition' | 'key' },
): TriggerEvent {
  const { topic, partition, offset, timestamp, key, value, headerEntries } = record;
  const orderKey = orderBy === 'partition' ? `${topic}/${partition}` : key && `${topic}/${key.toString('hex')}`;
  const contentType = headerEntries.find(([name]) => name && CONTENT_TYPE.test(String(name)))?.[1];
  return {
    id: `${partition}-${offset}`,
    type: 'org.apache.kafka.record',
    source: `kafka://${broker}/${topic}`,
    subject: topic,
    ...(timestamp >= 0n && { time: new Date(Number(timestamp)).toISOString() }),
    ...(contentType && { contentType: String(contentType) }),
    data: value ?? Buffer.alloc(0),
    extensions: {
      kafkapartition: String(partition),
      kafkaoffset: String(offset),
      ...(key && { partitionkey: String(key) }),
      ...(value === undefined && { kafkatombstone: 'true' }),
      ...headerExtensions(headerEntries),
    },
    ...(orderKey && { key: orderKey }),
  };
}

/** `kafkaheader` and the name in lower case without what CloudEvents do not allow; large ones are left out. */
function headerExtensions(entries: KafkaRecord['headerEntries']): Record<string, string> {
  const extensions: Record<string, string> = {};
  for (const [name, value] of entries.slice(0, MAX_HEADERS)) {
    const suffix = String(name ?? '')
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '');
    if (suffix && value && suffix.length + value.length <= MAX_HEADER_BYTES) {
      extensions[`kafkaheader${suffix}`] = String(value);
    }
  }
  return extensions;
}
