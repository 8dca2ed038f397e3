/** The control port: health, metrics, and what the gateway knows of each function. Not for callers. */
import type { Server } from 'node:http';
import type { Router } from 'express';
import { createProbeServer, createProbes } from '#kube/probes.ts';
import type { FunctionState } from './functions/function-state.ts';
import type { Invoker } from './invoke/invoker.ts';

export interface ControlOptions {
  readonly invoker: Invoker;
  /** What there is about asynchronous calls; undefined when there are none. */
  readonly asynchronous: Router | undefined;
  /** Why no calls should be sent here now; undefined when they should. */
  readonly notReady: () => string | undefined;
}

/** Creates the server; the caller lets it listen. */
export function createControlServer({ invoker, asynchronous, notReady }: ControlOptions): Server {
  const app = createProbes({ registry: invoker.metrics.registry, notReady });
  app.get('/functions', (_, response) => {
    response.json({ functions: [...invoker.table.all()].map(describe) });
  });
  if (asynchronous) app.use('/async', asynchronous);
  return createProbeServer(app);
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
