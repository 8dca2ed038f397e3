/** Process entry of the operator: wiring only. */
import { pino } from 'pino';
import { createKubeClient } from '#kube/client.ts';
import { serviceAccountNamespace } from '#kube/kube-config.ts';
import { createProbeServer, createProbes, listen } from '#kube/probes.ts';
import { readConfig } from './config.ts';
import { createMetrics } from './metrics.ts';
import { CONCURRENT_RECONCILES, createOperator, LEASE_NAME } from './operator.ts';

/** From the signal to the end, whatever hangs; below the 30 s that Kubernetes gives a pod. */
const STOP_DEADLINE_MS = 25_000;

const config = readConfig(process.env, serviceAccountNamespace());
const log = pino({ level: config.logLevel, base: { component: 'operator' } });
const metrics = createMetrics({ leaseName: LEASE_NAME, concurrency: CONCURRENT_RECONCILES });
const client = createKubeClient({ component: 'operator', metrics: metrics.client });
const stopping = new AbortController();
const operator = createOperator({
  config,
  client,
  metrics,
  log,
  signal: stopping.signal,
  // Somebody else may work by now: nothing may be finished here.
  onLost: () => process.exit(1),
});
const probes = createProbes({
  registry: metrics.registry,
  notReady() {
    if (stopping.signal.aborted) return 'stopping';
    return operator.caches.essential.every((cache) => cache.synced) ? undefined : 'caches are not filled yet';
  },
});
const server = createProbeServer(probes);
const port = await listen(server, config.port, config.host);
log.info({ port }, 'listening');
Promise.all(operator.caches.essential.map((cache) => cache.whenSynced(stopping.signal))).then(
  () => log.info({ sinceStartMs: Math.round(performance.now()) }, 'ready'),
  () => {}, // Stopped before.
);

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) return;
    log.info({ signal: name }, 'stopping');
    stopping.abort(new Error(name));
    setTimeout(() => {
      log.error({}, 'stopping took too long');
      process.exit(1);
    }, STOP_DEADLINE_MS).unref();
  });
}

try {
  await operator.run();
  await client.close();
  server.closeAllConnections();
  server.close();
  log.info({}, 'stopped');
  process.exit(0);
} catch (error) {
  log.fatal({ err: error }, 'operator failed');
  process.exit(1);
}
