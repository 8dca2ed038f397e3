/** The control port: health, metrics, and what the gateway knows of each function. Not for callers. */
import { createServer, type Server } from 'node:http';
import express from 'express';
import type { FunctionState } from './functions/function-state.ts';
import type { Invoker } from './invoke/invoker.ts';

export interface ControlOptions {
  readonly invoker: Invoker;
  /** Why no calls should be sent here now; undefined when they should. */
  readonly notReady: () => string | undefined;
}

/** Creates the server; the caller lets it listen. */
export function createControlServer({ invoker, notReady }: ControlOptions): Server {
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
    const text = await invoker.metrics.registry.metrics();
    response.type(invoker.metrics.registry.contentType).send(text);
  });
  app.get('/functions', (_, response) => {
    response.json({ functions: [...invoker.table.all()].map(describe) });
  });
  return createServer({ headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 8_192 }, app);
}

function describe(fn: FunctionState): object {
  return {
    namespace: fn.namespace,
    name: fn.name,
    inFlight: fn.inFlight,
    queued: fn.waiting,
    ...(fn.verdict && { reason: fn.verdict.problem.code, message: fn.verdict.message }),
    pods: fn.pods.map(({ name, address, state, inFlight }) => ({ name, address, state, inFlight })),
  };
}
