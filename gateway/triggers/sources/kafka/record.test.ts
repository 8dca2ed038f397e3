import { describe, expect, it } from 'vitest';
import { type KafkaRecord, recordEvent } from './record.ts';

const record: KafkaRecord = {
  topic: 'orders',
  partition: 3,
  offset: 42n,
  timestamp: 0n,
  key: Buffer.from('k'),
  value: Buffer.from('v'),
  headerEntries: [],
};
const broker = 'b:9092';

describe('recordEvent', () => {
  it('marks a tombstone, which is not the same as an empty value', () => {
    const tombstone = recordEvent({ ...record, value: undefined }, { broker, orderBy: 'partition' });
    expect(tombstone.data).toHaveLength(0);
    expect(tombstone.extensions).toMatchObject({ kafkatombstone: 'true' });
    const empty = recordEvent({ ...record, value: Buffer.alloc(0) }, { broker, orderBy: 'partition' });
    expect(empty.extensions).not.toHaveProperty('kafkatombstone');
  });

  it('keeps keys apart that are no text', () => {
    const keyOf = (key: Buffer) => recordEvent({ ...record, key }, { broker, orderBy: 'key' }).key;
    expect(keyOf(Buffer.from([0xff]))).not.toBe(keyOf(Buffer.from([0xfe])));
  });

  it('has no time when the record has none', () => {
    expect(recordEvent({ ...record, timestamp: -1n }, { broker, orderBy: 'key' })).not.toHaveProperty('time');
  });
});
