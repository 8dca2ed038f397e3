import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { answers } from './answers.ts';
import { type BrokerProcess, startBroker } from './process.ts';

const SERVER = fileURLToPath(new URL('sqs-server.ts', import.meta.url));

export interface SqsOptions {
  /** Keeps what it acknowledged over kill -9; such a server cannot take back messages (visibility timeout 0). */
  durable?: boolean;
}

/** fauxqs, which speaks the protocol of SQS and checks no credentials. */
export async function startSqs({
  durable = false,
}: SqsOptions = {}): Promise<BrokerProcess & { endpoint: string }> {
  const broker = await startBroker({
    name: 'sqs',
    prepare: async ({ port, directory }) => ({
      command: process.execPath,
      args: [SERVER, String(port), ...(durable ? [join(directory, 'data')] : [])],
    }),
    ready: (port, signal) => answers(port, 'GET /health HTTP/1.0\r\n\r\n', 'HTTP/1.1 200', signal),
  });
  return { ...broker, endpoint: `http://127.0.0.1:${broker.port}` };
}

/** @param group of a FIFO queue */
export async function sendMessages(
  client: SQSClient,
  queueUrl: string,
  texts: readonly string[],
  group?: string,
): Promise<void> {
  for (let start = 0; start < texts.length; start += 10) {
    const Entries = texts.slice(start, start + 10).map((text, index) => ({
      Id: String(index),
      MessageBody: text,
      ...(group ? { MessageGroupId: group } : {}),
    }));
    await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}
