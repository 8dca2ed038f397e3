import { CreateQueueCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startSqs } from '#test/harness/brokers/sqs.ts';
import { EVENT, type EventServer, type Family, times } from './family.ts';

/** What one request may bring. */
const TOGETHER = 10;

/** Standard queues of a stand-in, which is a Node process and the slowest part of what is measured. */
export const sqs: Family = { type: 'sqs', count: 5_000, start };

async function start(): Promise<EventServer> {
  const server = await startSqs();
  const credentials = { accessKeyId: 'AKIABENCH', secretAccessKey: 'any' };
  const { endpoint } = server;
  const client = new SQSClient({
    endpoint,
    region: 'us-east-1',
    // The client notes in them where they came from.
    credentials: { ...credentials },
    useQueueUrlAsEndpoint: false,
  });
  const urlOf = (queue: string) => `${endpoint}/000000000000/${queue}`;
  const send = (queue: string, count: number) =>
    client.send(
      new SendMessageBatchCommand({
        QueueUrl: urlOf(queue),
        Entries: times(count, (index) => ({ Id: String(index), MessageBody: EVENT })),
      }),
    );
  return {
    credentials,
    async open(queue) {
      await client.send(new CreateQueueCommand({ QueueName: queue }));
      return { queueUrl: urlOf(queue) };
    },
    async publish(queue, count) {
      const requests = times(Math.ceil(count / TOGETHER), (index) =>
        send(queue, Math.min(TOGETHER, count - index * TOGETHER)),
      );
      await Promise.all(requests);
    },
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}
