import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** In Linux' abstract socket names: held by a process, gone with it, and no file. */
const NAME = '\0catnap-test-cluster';
const RETRY_MS = 200;
/** Longer than compiling everything. */
const LIMIT_MS = 60 * 60_000;

/** Runs `work` while no other process brings the cluster up or down. */
export async function withLock<T>(say: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const held = await acquire(say);
  try {
    return await work();
  } finally {
    await new Promise((resolve) => held.close(resolve));
  }
}

async function acquire(say: (line: string) => void): Promise<Server> {
  const deadline = Date.now() + LIMIT_MS;
  for (let attempt = 0; ; attempt++) {
    const server = await listen();
    if (server) return server;
    if (Date.now() > deadline)
      throw new Error('another process has been busy with the test cluster for an hour');
    if (attempt === 0) say('waiting for another process that is busy with the test cluster');
    await delay(RETRY_MS);
  }
}

function listen(): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(NAME, () => resolve(server));
  });
}
