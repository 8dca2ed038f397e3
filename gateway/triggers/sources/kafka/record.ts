import type { TriggerEvent } from '../../source.ts';
import { headerExtensions } from '../header-extensions.ts';

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

const CONTENT_TYPE = /^content-?type$/i;

/** The event of a record. @param broker HOST:PORT that stands for the cluster */
export function recordEvent(
  record: KafkaRecord,
  { broker, orderBy }: { broker: string; orderBy: 'partition' | 'key' },
): TriggerEvent {
  const { topic, partition, offset, timestamp, key, value, headerEntries } = record;
  const orderKey =
    orderBy === 'partition' ? `${topic}/${partition}` : key && `${topic}/${key.toString('hex')}`;
  const headers = headerEntries.map(([name, text]) => [String(name ?? ''), String(text ?? '')] as const);
  const contentType = headers.find(([name]) => CONTENT_TYPE.test(name))?.[1];
  return {
    id: `${partition}-${offset}`,
    type: 'org.apache.kafka.record',
    source: `kafka://${broker}/${topic}`,
    subject: topic,
    ...(timestamp >= 0n && { time: new Date(Number(timestamp)).toISOString() }),
    ...(contentType && { contentType }),
    data: value ?? Buffer.alloc(0),
    extensions: {
      kafkapartition: String(partition),
      kafkaoffset: String(offset),
      ...(key && { partitionkey: String(key) }),
      ...(value === undefined && { kafkatombstone: 'true' }),
      ...headerExtensions('kafkaheader', headers),
    },
    ...(orderKey && { key: orderKey }),
  };
}
