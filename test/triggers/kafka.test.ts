import { Admin, Producer } from '@platformatic/kafka';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKafkaSource } from '#gateway/triggers/sources/kafka.ts';
import { startKafka, type TestKafka } from '#test/harness/brokers/kafka.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { gate, type RunningSource, runSource } from './run-source.ts';

let kafka: TestKafka;
let admin: Admin;
let producer: Producer;
const running: RunningSource[] = [];

// The first time the jars are fetched.
beforeAll(async () => {
  kafka = await startKafka();
  const options = { clientId: 'test', bootstrapBrokers: [kafka.plain], retries: 20 };
  admin = new Admin(options);
  producer = new Producer(options);
}, 300_000);

afterAll(async () => {
  await Promise.all(running.map((source) => source.stop()));
  await producer?.close();
  await admin?.close();
  await kafka?.stop();
});

type Config = Parameters<typeof createKafkaSource>[0]['config'];

const sourceOf = (topic: string, config: Partial<Config> = {}, credentials: Record<string, string> = {}) =>
  createKafkaSource({
    functionKey: 'shop/orders',
    name: topic,
    config: {
      brokers: [kafka.plain],
      topics: [topic],
      startFrom: 'earliest',
      orderBy: 'partition',
      tls: false,
      ...config,
    },
    credentials,
  });

function start(...args: Parameters<typeof sourceOf>): RunningSource {
  const source = runSource(sourceOf(...args));
  running.push(source);
  return source;
}

const createTopic = (topic: string, partitions = 1) => admin.createTopics({ topics: [topic], partitions });

const buffers = (text: string) => Buffer.from(text);

async function send(topic: string, value: string, more: { key?: string; partition?: number } = {}) {
  const { key, partition } = more;
  await producer.send({
    messages: [{ topic, value: buffers(value), ...(key && { key: buffers(key) }), partition }],
    acks: -1,
  });
}

/** Offset that the group has committed in partition 0. */
async function committed(topic: string): Promise<bigint> {
  const [group] = await admin.listConsumerGroupOffsets({ groups: [`catnap.shop.orders.${topic}`] });
  const partitions = group?.topics.find(({ name }) => name === topic)?.partitions ?? [];
  return partitions.find(({ partitionIndex }) => partitionIndex === 0)?.committedOffset ?? -1n;
}

const commits = (topic: string, offset: bigint) =>
  waitFor(async () => (await committed(topic)) === offset, {
    timeoutMs: 15_000,
    describe: `${topic} committed up to ${offset}`,
  });

it('hands records over as events, also those from before', async () => {
  await createTopic('events');
  await producer.send({
    messages: [
      {
        topic: 'events',
        key: buffers('k1'),
        value: buffers('{"n":1}'),
        headers: new Map([
          [buffers('content-type'), buffers('application/json')],
          [buffers('Trace-Id'), buffers('abc')],
        ]),
        timestamp: 1_700_000_000_000n,
      },
    ],
  });
  const source = start('events');
  await source.received(1);
  await send('events', 'second');
  const [event, later] = await source.received(2);
  expect(event).toEqual({
    id: '0-0',
    type: 'org.apache.kafka.record',
    source: `kafka://${kafka.plain}/events`,
    subject: 'events',
    time: '2023-11-14T22:13:20.000Z',
    contentType: 'application/json',
    data: buffers('{"n":1}'),
    extensions: {
      kafkapartition: '0',
      kafkaoffset: '0',
      partitionkey: 'k1',
      kafkaheadercontenttype: 'application/json',
      kafkaheadertraceid: 'abc',
    },
    key: 'events/0',
  });
  expect(String(later?.data)).toBe('second');
  await commits('events', 2n);
});

it('begins with what comes after its first connection, and misses nothing between runs', async () => {
  await createTopic('latest');
  await send('latest', 'old');
  const first = start('latest', { startFrom: 'latest' });
  await first.connected();
  expect(await first.stop()).toBeLessThan(2_000);
  await send('latest', 'new');
  const [event] = await start('latest', { startFrom: 'latest' }).received(1);
  expect(String(event?.data)).toBe('new');
});

it('keeps what the function did not get, and hands it over to the next run', async () => {
  await createTopic('kept');
  await send('kept', 'one');
  await send('kept', 'two');
  const first = start('kept');
  const { wait } = gate();
  first.handle = async ({ data }) => {
    if (String(data) === 'one') await wait();
  };
  await first.received(2);
  expect(await first.stop()).toBeLessThan(2_000);
  // The second is finished, but not committed: the first is not.
  expect(await committed('kept')).toBe(0n);
  const events = await start('kept').received(2);
  expect(events.map(({ data }) => String(data))).toEqual(['one', 'two']);
  await commits('kept', 2n);
});

it('hands over again what a failed delivery had', async () => {
  await createTopic('failed');
  await send('failed', 'one');
  const source = start('failed');
  source.handle = () => Promise.reject(new Error('no'));
  await waitFor(() => source.errors.length > 0, { timeoutMs: 10_000, describe: 'the end of the run' });
  expect(await committed('failed')).toBe(0n);
  source.handle = async () => {};
  await commits('failed', 1n);
});

it('orders by key', async () => {
  await createTopic('keys', 2);
  for (const n of ['0', '1', '2', '3']) {
    await send('keys', n, { key: Number(n) % 2 ? 'odd' : 'even', partition: 0 });
  }
  await send('keys', 'none', { partition: 1 });
  const events = await start('keys', { orderBy: 'key' }).received(5);
  const valuesOf = (key: string | undefined) =>
    events.filter((event) => event.key === key).map(({ data }) => String(data));
  const hex = (key: string) => `keys/${buffers(key).toString('hex')}`;
  expect(valuesOf(hex('even'))).toEqual(['0', '2']);
  expect(valuesOf(hex('odd'))).toEqual(['1', '3']);
  expect(valuesOf(undefined)).toEqual(['none']);
});

it('hands over records of a partition past those that wait in another', async () => {
  await createTopic('waiting', 2);
  const records = (partition: number, count: number) =>
    Array.from({ length: count }, () => ({ topic: 'waiting', partition, value: buffers(String(partition)) }));
  const source = start('waiting');
  const { wait, open } = gate();
  source.handle = ({ key }) => (key === 'waiting/0' ? wait() : Promise.resolve());
  const received = (partition: number, count: number) =>
    waitFor(() => source.events.filter(({ key }) => key === `waiting/${partition}`).length === count, {
      timeoutMs: 15_000,
      describe: () => `${count} records of partition ${partition}; ${source.summary()}`,
    });
  // More than may be in hand; the others come when this partition has as many there as it may.
  await producer.send({ messages: records(0, 1_500), acks: -1 });
  await received(0, 500);
  await producer.send({ messages: records(1, 20), acks: -1 });
  await received(1, 20);
  expect(source.events).toHaveLength(520);
  open();
  await source.received(1_520);
});

it('tells how much waits', async () => {
  await createTopic('lagging', 2);
  for (const partition of [0, 1, 1]) await send('lagging', 'x', { partition });
  const source = start('lagging');
  const { wait, open } = gate();
  source.handle = wait;
  await waitFor(() => source.lags.at(-1) === 3, { timeoutMs: 10_000, describe: 'a lag of 3' });
  open();
  await waitFor(() => source.lags.at(-1) === 0, { timeoutMs: 15_000, describe: 'no lag' });
});

it('speaks TLS and authenticates, and says what to correct', { timeout: 90_000 }, async () => {
  await createTopic('secure');
  await send('secure', 'x');
  const { 'ca.crt': ca, username, password } = kafka.credentials;
  const errorOf = async (config: Partial<Config>, credentials: Record<string, string>) => {
    const source = runSource(sourceOf('secure', { brokers: [kafka.secure], ...config }, credentials), {
      once: true,
    });
    await waitFor(() => source.errors[0], { timeoutMs: 20_000, describe: 'an error' });
    return source.errors[0]?.message;
  };
  const wrong = { username, password: 'wrong', 'ca.crt': ca };
  const [plain, scram, noTls, noTlsNoUser, noCa, noTopic, nowhere, noUser] = await Promise.all([
    errorOf({ tls: true, sasl: 'plain' }, wrong),
    errorOf({ tls: true, sasl: 'scram-sha-512' }, wrong),
    errorOf({ sasl: 'plain' }, wrong),
    errorOf({}, {}),
    errorOf({ tls: true, sasl: 'plain' }, { username, password }),
    errorOf({ brokers: [kafka.plain], topics: ['absent'] }, {}),
    errorOf({ brokers: ['127.0.0.1:1'] }, {}),
    errorOf({ tls: true, sasl: 'plain' }, {}),
  ]);
  expect(plain).toContain('correct username and password in the Secret of secretRef');
  expect(scram).toContain('correct username and password in the Secret of secretRef');
  expect(noTls).toContain('set kafka.tls to true');
  expect(noTlsNoUser).toContain('set kafka.tls to true');
  expect(noCa).toContain('has its authority in ca.crt');
  expect(noTopic).toContain('A topic does not exist: create it');
  expect(nowhere).toContain('Check kafka.brokers');
  expect(noUser).toContain('kafka.sasl needs username and password');
  for (const sasl of ['plain', 'scram-sha-512'] as const) {
    const config = { brokers: [kafka.secure], tls: true, sasl, group: `with-${sasl}` };
    const [event] = await start('secure', config, kafka.credentials).received(1);
    expect(String(event?.data)).toBe('x');
  }
});

it('reads partitions that are added, from their beginning', async () => {
  await createTopic('growing');
  const source = start('growing', { startFrom: 'latest' });
  await source.connected();
  await admin.createPartitions({
    topics: [{ name: 'growing', count: 2, assignments: [{ brokerIds: [1] }] }],
  });
  const sent = () => send('growing', 'new', { partition: 1 }).then(() => true);
  await waitFor(sent, { timeoutMs: 10_000, describe: 'the new partition' });
  const [event] = await source.received(1);
  expect(event?.extensions).toMatchObject({ kafkapartition: '1', kafkaoffset: '0' });
});

it('loses nothing when the broker is killed', { timeout: 90_000 }, async () => {
  await createTopic('killed');
  for (const n of ['1', '2', '3']) await send('killed', n);
  const source = start('killed');
  const { wait, open } = gate();
  source.handle = wait;
  await source.received(3);
  await kafka.kill();
  open();
  await kafka.start();
  await send('killed', '4');
  const events = await source.received(4, 40_000);
  expect(events.map(({ data }) => String(data))).toEqual(['1', '2', '3', '4']);
  await commits('killed', 4n);
});
