import { type ChannelModel, type ConfirmChannel, connect, credentials, type Options } from 'amqplib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRabbitmqSource } from '#gateway/triggers/sources/rabbitmq.ts';
import { startRabbitmq, type TestRabbitmq } from '#test/harness/brokers/rabbitmq.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { gate, type RunningSource, runSource } from './run-source.ts';

let server: TestRabbitmq;
let connection: ChannelModel | undefined;
let channel: ConfirmChannel;
const running: RunningSource[] = [];

// The first time the server is installed.
beforeAll(async () => {
  server = await startRabbitmq();
  await connectTest();
  // Long before the server is killed: RabbitMQ 3.10 loses what a quorum queue is when it dies right after its creation.
  await createQueue('killed');
}, 300_000);

afterAll(async () => {
  await Promise.all(running.map((source) => source.stop()));
  await connection?.close().catch(() => {});
  await server?.stop();
});

async function connectTest(): Promise<void> {
  const { username, password } = server.credentials;
  connection = await connect(`amqp://${server.plain}`, {
    credentials: credentials.plain(username, password),
  });
  connection.on('error', () => {});
  channel = await connection.createConfirmChannel();
  channel.on('error', () => {});
}

type Config = Parameters<typeof createRabbitmqSource>[0]['config'];

const sourceOf = (
  queue: string,
  config: Partial<Config> = {},
  secret: Record<string, string> = server.credentials,
) =>
  createRabbitmqSource({
    functionKey: 'shop/orders',
    name: 'queue',
    config: { address: `amqp://${server.plain}`, queue, prefetch: 100, orderBy: 'none', ...config },
    credentials: secret,
  });

function start(...args: Parameters<typeof sourceOf>): RunningSource {
  const source = runSource(sourceOf(...args));
  running.push(source);
  return source;
}

const createQueue = (queue: string, type: 'quorum' | 'classic' = 'quorum') =>
  channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': type } });

async function send(queue: string, content: string, options: Options.Publish = {}): Promise<void> {
  channel.sendToQueue(queue, Buffer.from(content), { persistent: true, ...options });
  await channel.waitForConfirms();
}

/** Resolves when nothing is in the queue any more, handed over or not. */
const emptied = (queue: string) =>
  waitFor(
    async () => {
      // Deleting it is refused as long as it has messages, and a consumer's count is in no reply.
      const { messageCount } = await channel.checkQueue(queue);
      return messageCount === 0;
    },
    { timeoutMs: 10_000, describe: `${queue} to be empty` },
  );

const contents = (source: RunningSource) => source.events.map(({ data }) => String(data));

it('hands messages over as events, also those from before', async () => {
  await createQueue('events');
  await send('events', '{ "n": 1 }', {
    messageId: 'm1',
    timestamp: 1_700_000_000,
    contentType: 'application/json',
    correlationId: 'c1',
    headers: { 'Trace-Id': 'abc', nested: { a: 1 }, retry: 3 },
  });
  const source = start('events');
  await source.received(1);
  await send('events', 'second');
  const [event, later] = await source.received(2);
  expect(event).toEqual({
    id: 'm1',
    type: 'com.rabbitmq.message',
    source: `rabbitmq://${server.plain}/%2F/events`,
    subject: 'events',
    time: '2023-11-14T22:13:20.000Z',
    contentType: 'application/json',
    data: Buffer.from('{ "n": 1 }'),
    extensions: { amqpcorrelationid: 'c1', amqpheadertraceid: 'abc', amqpheaderretry: '3' },
  });
  expect(String(later?.data)).toBe('second');
  expect(later?.id).toMatch(/^[0-9a-f-]{36}$/);
  await source.stop();
  await emptied('events');
});

it('gives back what the function did not get, and the next run hears how often', async () => {
  await createQueue('kept');
  await send('kept', 'one', { messageId: 'm1' });
  const first = start('kept');
  first.handle = gate().wait;
  await first.received(1);
  expect(await first.stop()).toBeLessThan(1_000);
  const [event] = await start('kept').received(1);
  expect(event).toMatchObject({ id: 'm1', extensions: { amqpdeliverycount: '1', amqpredelivered: 'true' } });
});

it('hands over again what a failed delivery had', async () => {
  await createQueue('failed');
  await send('failed', 'one');
  const source = start('failed');
  source.handle = () => Promise.reject(new Error('no'));
  await waitFor(() => source.errors.length > 0, { timeoutMs: 10_000, describe: 'the end of the run' });
  source.handle = async () => {};
  await waitFor(() => source.lags.at(-1) === 0, { timeoutMs: 15_000, describe: 'no message' });
  expect(contents(source).length).toBeGreaterThan(1);
});

it('holds no more messages than prefetch says, and tells how much waits', async () => {
  await createQueue('lagging', 'classic');
  for (const n of ['1', '2', '3', '4', '5']) await send('lagging', n);
  const source = start('lagging', { prefetch: 2 });
  const { wait, open } = gate();
  source.handle = wait;
  await source.received(2);
  await waitFor(() => source.lags.length > 1 && source.lags.at(-1) === 5, {
    timeoutMs: 10_000,
    describe: 'a lag of 5',
  });
  expect(source.events).toHaveLength(2);
  open();
  await source.received(5);
});

it('gives messages with the same routing key the same key, in order', async () => {
  await createQueue('ordered');
  await channel.assertExchange('orders', 'topic');
  await channel.bindQueue('ordered', 'orders', '#');
  for (let n = 0; n < 20; n++) channel.publish('orders', n % 2 ? 'odd' : 'even', Buffer.from(String(n)));
  await channel.waitForConfirms();
  const events = await start('ordered', { orderBy: 'routingKey' }).received(20);
  const odd = events.filter(({ key }) => key === 'odd').map(({ data }) => Number(data));
  expect(odd).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
  expect(events[0]).toMatchObject({ key: 'even', subject: 'even', extensions: { amqpexchange: 'orders' } });
});

it('speaks TLS, and says what to correct', async () => {
  await createQueue('secure');
  await send('secure', 'x');
  const { 'ca.crt': ca, username, password } = server.credentials;
  const errorOf = async (queue: string, config: Partial<Config>, secret: Record<string, string>) => {
    const source = runSource(sourceOf(queue, config, secret), { once: true });
    await waitFor(() => source.errors[0], { timeoutMs: 15_000, describe: 'an error' });
    return source.errors[0]?.message;
  };
  const right = { username, password };
  const secure = { address: `amqps://${server.secure}` };
  const [credential, noCa, noQueue, noHost, nowhere] = await Promise.all([
    errorOf('secure', secure, { username, password: 'wrong', 'ca.crt': ca }),
    errorOf('secure', secure, right),
    errorOf('absent', {}, right),
    errorOf('secure', { address: `amqp://${server.plain}/absent` }, right),
    errorOf('secure', { address: 'amqp://127.0.0.1:1' }, right),
  ]);
  expect(credential).toContain('correct username and password in the Secret of secretRef');
  expect(noCa).toContain('has its authority in ca.crt');
  expect(noQueue).toContain('The queue does not exist: create it');
  expect(noHost).toContain('There is no such virtual host');
  expect(nowhere).toContain('Check rabbitmq.address');
  const [event] = await start('secure', secure).received(1);
  expect(String(event?.data)).toBe('x');
});

it('goes on when the queue is deleted and created again', async () => {
  await createQueue('deleted');
  const source = start('deleted');
  await source.connected();
  await channel.deleteQueue('deleted');
  await waitFor(() => source.errors.length > 0, { timeoutMs: 10_000, describe: 'the end of the run' });
  await createQueue('deleted');
  await send('deleted', 'x');
  await source.received(1);
});

it('loses nothing when the server is killed', { timeout: 90_000 }, async () => {
  for (const n of ['1', '2', '3']) await send('killed', n, { messageId: n });
  const source = start('killed');
  const { wait, open } = gate();
  source.handle = wait;
  await source.received(3);
  await server.kill();
  open();
  await server.start();
  await connectTest();
  await send('killed', '4', { messageId: '4' });
  const events = await source.received(4, 30_000);
  expect(events.map(({ id }) => id).sort()).toEqual(['1', '2', '3', '4']);
  await waitFor(() => source.lags.at(-1) === 0, { timeoutMs: 15_000, describe: 'no message' });
});
