/** What the kubelet and Prometheus ask of each process, on a port that is not for callers. */
import { createServer, type Server } from 'node:http';
import express, { type Express } from 'express';
import type { Registry } from 'prom-client';

export interface ProbeOptions {
  registry: Pick<Registry, 'contentType' | 'metrics'>;
  /** Why the process is of no use now; undefined when it is. */
  notReady: () => string | undefined;
}

/** Answers `/livez`, `/readyz` and `/metrics`; more routes may be added. */
export function createProbes({ registry, notReady }: ProbeOptions): Express {
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
  return app;
}

/** A server with small limits for such an app; the caller lets it listen. */
export function createProbeServer(app: Express): Server {
  return createServer({ headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 8_192 }, app);
}

/** Resolves with the port once the server listens; rejects when it cannot. */
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
