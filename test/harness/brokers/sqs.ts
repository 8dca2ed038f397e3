import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
