/** Probes and metrics, served by leaders and candidates alike. */
import { createServer, type Server } from 'node:http';
import express from 'express';
import type { Registry } from 'prom-client';

export interface ServerOptions {
  registry: Registry;
  /** Why the process is of no use now; undefined when it is. */
  notReady: () => string | undefined;
}

/** Creates the server; the caller lets it listen. */
export function createOperatorServer({ registry, notReady }: ServerOptions): Server {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/livez', (_, response) => {
    response.type('text').send('ok');
  });
  app.get('/readyz', (_, response) => {
    const reason = notReady();
    response
      .status(reason === undefined ? 200 : 503)
      .type('text')
      .send(reason ?? 'ok');
  });
  app.get('/metrics', async (_, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return createServer({ headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 8_192 }, app);
}

/** Resolves with the port once the server listens. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
