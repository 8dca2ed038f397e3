import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Static } from 'typebox';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { sqs } from '#crds/function/triggers/sqs.ts';
import type { TriggerSetup } from '#gateway/triggers/source.ts';
import { createSqsSource } from '#gateway/triggers/sources/sqs.ts';
import { createTestAuthority } from '#kube/testing/certificates.ts';
import { sendMessages, startSqs } from '#test/harness/brokers/sqs.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { never, type ObservedRun, observe } from './observed-run.ts';

type Config = Static<typeof sqs>;

const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'right' };
type SqsServer = Awaited<ReturnType<typeof startSqs>>;

const clients = new Map<string, SQSClient>();
let server: SqsServer;
let queues = 0;

beforeAll(async () => {
  server = await startSqs();
});

afterAll(async () => {
  for (const client of clients.values()) client.destroy();
  await server?.stop();
});

/** Of the server that a queue is at. */
function clientOf(queueUrl: string): SQSClient {
  const { origin: endpoint } = new URL(queueUrl);
  const client =
    clients.get(endpoint) ??
    new SQSClient({ endpoint, region: 'us-east-1', credentials, useQueueUrlAsEndpoint: false });
  clients.set(endpoint, client);
  return client;
}

async function newQueue({ fifo = false } = {}, { endpoint }: SqsServer = server): Promise<string> {
  queues += 1;
  const QueueName = `queue-${queues}${fifo ? '.fifo' : ''}`;
  const Attributes: Record<string, string> = fifo
    ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' }
    : {};
  await clientOf(endpoint).send(new CreateQueueCommand({ QueueName, Attributes }));
  return `${endpoint}/000000000000/${QueueName}`;
}

function setupOf(
  queueUrl: string,
  config: Partial<Config> = {},
  secret: Record<string, string> = credentials,
): TriggerSetup<Config> {
  return {
    functionKey: 'shop/ship',
    name: 'orders',
    credentials: secret,
    config: { queueUrl, visibilityTimeoutSeconds: 30, maxInFlight: 100, ...config },
  };
}

const send = (queueUrl: string, texts: string[], group?: string) =>
  sendMessages(clientOf(queueUrl), queueUrl, texts, group);

async function counts(queueUrl: string): Promise<{ waiting: number; received: number }> {
  const { Attributes } = await clientOf(queueUrl).send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return {
    waiting: Number(Attributes?.ApproximateNumberOfMessages),
    received: Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
  };
}

const until = (queueUrl: string, expected: { waiting: number; received: number }) =>
  waitFor(
    async () => {
      const found = await counts(queueUrl);
      if (found.waiting !== expected.waiting || found.received !== expected.received) {
        throw new Error(JSON.stringify(found));
      }
      return true;
    },
    { timeoutMs: 10_000, describe: `a queue with ${JSON.stringify(expected)}` },
  );

const received = (run: ObservedRun, count: number) =>
  waitFor(() => run.events.length >= count, { timeoutMs: 15_000, describe: `${count} events` });

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

describe('a standard queue', () => {
  it('hands over messages with their attributes, deletes them, and reports the lag', async () => {
    const queueUrl = await newQueue();
    await clientOf(queueUrl).send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: '{"id":1}',
        MessageAttributes: {
          'Content-Type': { DataType: 'String', StringValue: 'application/json' },
          Tenant: { DataType: 'String', StringValue: 'acme' },
        },
      }),
    );
    await send(queueUrl, numbers(2, 25));
    const call = Promise.withResolvers<void>();
    const run = observe(createSqsSource(setupOf(queueUrl, { maxInFlight: 15 })), () => call.promise);
    await received(run, 15);
    await waitFor(() => run.lag !== undefined, { timeoutMs: 5_000, describe: 'the lag' });
    expect(run.lag).toBeGreaterThanOrEqual(10);
    // No more than may be on their way.
    expect(await counts(queueUrl)).toEqual({ waiting: 10, received: 15 });
    call.resolve();
    await received(run, 25);
    await until(queueUrl, { waiting: 0, received: 0 });
    await run.stop();
    const event = run.events.find(({ data }) => data.toString() === '{"id":1}');
    expect(event).toMatchObject({
      type: 'dev.catnap.sqs.message',
      source: queueUrl,
      contentType: 'application/json',
      extensions: { sqsattributes: '{"Content-Type":"application/json","Tenant":"acme"}' },
    });
    expect(Math.abs(Date.parse(event?.time ?? '') - Date.now())).toBeLessThan(60_000);
    expect(event?.key).toBeUndefined();
    expect(new Set(run.texts())).toEqual(new Set(['{"id":1}', ...numbers(2, 25)]));
  });

  it('gives back at once what was not delivered when it stops, and deletes the rest', async () => {
    const queueUrl = await newQueue();
    await send(queueUrl, numbers(1, 6));
    const first = observe(createSqsSource(setupOf(queueUrl)), ({ data }) =>
      Number(data.toString()) <= 2 ? Promise.resolve() : never(),
    );
    await received(first, 6);
    await until(queueUrl, { waiting: 0, received: 4 });
    const started = performance.now();
    await first.stop();
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await counts(queueUrl)).toEqual({ waiting: 4, received: 0 });

    const second = observe(createSqsSource(setupOf(queueUrl)));
    await received(second, 4);
    await until(queueUrl, { waiting: 0, received: 0 });
    await second.stop();
    expect(second.texts().sort()).toEqual(numbers(3, 6));
    const ids = (run: ObservedRun) => new Map(run.events.map(({ id, data }) => [data.toString(), id]));
    for (const [text, id] of ids(second)) expect(ids(first).get(text)).toBe(id);
  });

  it('receives no more once deliveries are refused, and gives back what it has', async () => {
    const queueUrl = await newQueue();
    await send(queueUrl, numbers(1, 30));
    const run = observe(createSqsSource(setupOf(queueUrl, { maxInFlight: 5 })), never);
    await received(run, 5);
    run.refuse();
    await send(queueUrl, numbers(31, 40));
    expect(await counts(queueUrl)).toEqual({ waiting: 35, received: 5 });
    await run.stop();
    expect(await counts(queueUrl)).toEqual({ waiting: 40, received: 0 });
    expect(run.events.length).toBe(5);
  });

  it('keeps a message while its call takes longer than the queue would wait', async () => {
    const queueUrl = await newQueue();
    await send(queueUrl, ['slow']);
    const call = Promise.withResolvers<void>();
    const run = observe(
      createSqsSource(setupOf(queueUrl, { visibilityTimeoutSeconds: 2 })),
      () => call.promise,
    );
    await received(run, 1);
    const other = observe(createSqsSource(setupOf(queueUrl, { visibilityTimeoutSeconds: 2 })));
    const deadline = performance.now() + 4_500;
    await waitFor(() => performance.now() > deadline, {
      timeoutMs: 6_000,
      describe: 'more than twice the visibility timeout',
    });
    call.resolve();
    await until(queueUrl, { waiting: 0, received: 0 });
    await Promise.all([run.stop(), other.stop()]);
    expect(run.events.length).toBe(1);
    expect(other.events).toEqual([]);
  });

  it('loses nothing and starts nothing twice when the server is killed', async () => {
    const durable = await startSqs({ durable: true });
    onTestFinished(() => durable.stop());
    const queueUrl = await newQueue({}, durable);
    await send(queueUrl, numbers(1, 20));
    const source = createSqsSource(setupOf(queueUrl, { visibilityTimeoutSeconds: 2 }));
    const calls = Promise.withResolvers<void>();
    const first = observe(source, () => calls.promise);
    await received(first, 20);
    await durable.kill();
    await expect(first.finished).rejects.toThrow(/SQS http.*check sqs\.queueUrl/);
    await durable.restart();
    await send(queueUrl, numbers(21, 25));
    const second = observe(source);
    await received(second, 5);
    calls.resolve();
    await until(queueUrl, { waiting: 0, received: 0 });
    await second.stop();
    expect(second.texts().sort()).toEqual(numbers(21, 25));
  });
});

describe('a FIFO queue', () => {
  it('hands over the messages of each group in order, also after a stop', async () => {
    const queueUrl = await newQueue({ fifo: true });
    await send(queueUrl, ['a1', 'a2', 'a3'], 'a');
    await send(queueUrl, ['b1', 'b2'], 'b');
    const first = observe(createSqsSource(setupOf(queueUrl)), ({ data }) =>
      data.toString() === 'a1' ? Promise.resolve() : never(),
    );
    await received(first, 2);
    await waitFor(async () => (await counts(queueUrl)).received + (await counts(queueUrl)).waiting === 4, {
      timeoutMs: 5_000,
      describe: 'a1 to be deleted',
    });
    await first.stop();
    const second = observe(createSqsSource(setupOf(queueUrl)));
    await received(second, 4);
    await until(queueUrl, { waiting: 0, received: 0 });
    await second.stop();
    const group = (name: string) =>
      second.events.filter(({ key }) => key === name).map(({ data }) => data.toString());
    expect(group('a')).toEqual(['a2', 'a3']);
    expect(group('b')).toEqual(['b1', 'b2']);
    expect(second.events[0]?.extensions).toMatchObject({
      sqsgroupid: expect.any(String),
      sqssequencenumber: expect.stringMatching(/^\d+$/),
    });
  });
});

describe('what does not work', () => {
  it('names the Secret, the queue and the address', async () => {
    const queueUrl = await newQueue();
    const bare = observe(createSqsSource(setupOf(queueUrl, {}, {})));
    await expect(bare.finished).rejects.toThrow(/accessKeyId and secretAccessKey.*secretRef/);
    const missing = observe(createSqsSource(setupOf(`${queueUrl}-none`)));
    await expect(missing.finished).rejects.toThrow(/SQS .*check sqs\.queueUrl/);
    const away = observe(createSqsSource(setupOf('http://127.0.0.1:9/1/queue')));
    await expect(away.finished).rejects.toThrow(/check sqs\.queueUrl and sqs\.endpoint/);
  });

  it('goes to another endpoint over TLS, and says what to do about refused credentials', async () => {
    const queueUrl = await newQueue();
    await send(queueUrl, ['hello']);
    const authority = await createTestAuthority();
    const front = createServer(await authority.serverPair('127.0.0.1'));
    guard(front);
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    try {
      const endpoint = `https://127.0.0.1:${(front.address() as AddressInfo).port}`;
      const named = (secret: Record<string, string>) =>
        observe(createSqsSource(setupOf(queueUrl, { endpoint }, { 'ca.crt': authority.cert, ...secret })));
      const wrong = named({ ...credentials, accessKeyId: 'AKIAWRONG' });
      await expect(wrong.finished).rejects.toThrow(/InvalidClientTokenId.*Secret of secretRef/);
      const right = named(credentials);
      await received(right, 1);
      await right.stop();
      const untrusting = observe(createSqsSource(setupOf(queueUrl, { endpoint })));
      await expect(untrusting.finished).rejects.toThrow(/certificate.*ca\.crt/);
    } finally {
      front.closeAllConnections();
      front.close();
    }
  });
});

/** Answers as SQS does to an access key that it does not know, which the server behind does not; passes on the rest. */
function guard(front: HttpsServer): void {
  front.on('request', (incoming, outgoing) => {
    if (incoming.headers.authorization?.includes('AKIAWRONG')) {
      outgoing.writeHead(403, {
        'content-type': 'application/x-amz-json-1.0',
        'x-amzn-query-error': 'InvalidClientTokenId;Sender',
      });
      const message = 'The security token included in the request is invalid.';
      outgoing.end(JSON.stringify({ __type: 'com.amazonaws.sqs#InvalidClientTokenId', message }));
      return;
    }
    const { method, url, headers } = incoming;
    const behind = request(new URL(url ?? '/', server.endpoint), { method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    behind.on('error', () => outgoing.destroy());
    incoming.pipe(behind);
  });
}
