import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers } from './answers.ts';
import { type BrokerProcess, startBroker } from './process.ts';
import { ensureServer } from './program.ts';

export interface NatsOptions {
  /** In the server's configuration language: authorization, tls. */
  settings?: (directory: string) => string;
}

/** nats-server with JetStream. */
export async function startNats({ settings }: NatsOptions = {}): Promise<BrokerProcess & { url: string }> {
  const command = await ensureServer('nats-server');
  const broker = await startBroker({
    name: 'nats',
    async prepare({ port, directory }) {
      const file = join(directory, 'server.conf');
      await writeFile(
        file,
        [
          `listen: "127.0.0.1:${port}"`,
          `jetstream: { store_dir: "${join(directory, 'data')}" }`,
          settings?.(directory) ?? '',
        ].join('\n'),
      );
      return { command, args: ['--config', file] };
    },
    // The server speaks first.
    ready: (port, signal) => answers(port, '', 'INFO', signal),
  });
  return { ...broker, url: `nats://127.0.0.1:${broker.port}` };
}
