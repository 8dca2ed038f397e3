/** Process entry of the gateway. */
import { pino } from 'pino';
import { labels, MANAGED_BY } from '#crds/wire/names.ts';
import { createKubeClient } from '#kube/client.ts';
import { functions, pods } from '#kube/resource.ts';
import { createWatcher } from '#kube/watcher.ts';
import { readConfig } from './config.ts';
import { trimFunction, trimPod } from './functions/trim.ts';
import { startGateway } from './gateway.ts';
import { Metrics } from './metrics/metrics.ts';

/** Endpoints and balancers need a moment to stop sending callers here. */
const SETTLE_MS = 1_000;

const config = readConfig(process.env);
const log = pino({ level: config.logLevel, base: { component: 'gateway' } });
const metrics = new Metrics();
const client = createKubeClient({ component: 'gateway', metrics: metrics.client });
const watching = { log, observe: metrics.watcher };
const functionWatcher = createWatcher(client, functions, { ...watching, transform: trimFunction });
const podWatcher = createWatcher(client, pods, {
  ...watching,
  // Pods of functions and warm ones that may become theirs.
  labelSelector: `${labels.managedBy}=${MANAGED_BY}`,
  transform: trimPod,
});
const gateway = await startGateway({
  config,
  client,
  functions: functionWatcher,
  pods: podWatcher,
  log,
  metrics,
  settleMs: SETTLE_MS,
});
functionWatcher.start();
podWatcher.start();
const { port, controlPort, announcePort } = gateway;
log.info({ port, controlPort, announcePort }, 'listening');
Promise.all([functionWatcher.whenSynced(), podWatcher.whenSynced()]).then(
  () => log.info({ sinceStartMs: Math.round(performance.now()) }, 'ready'),
  () => {}, // Stopped before.
);

let stopping = false;
const shutDown = async (signal: string): Promise<void> => {
  if (stopping) return;
  stopping = true;
  log.info({ signal, active: gateway.invoker.active }, 'draining');
  const complete = await gateway.stop();
  await Promise.allSettled([functionWatcher.stop(), podWatcher.stop()]);
  log.info({ complete }, 'stopped');
  process.exit(complete ? 0 : 1);
};
process.on('SIGTERM', (signal) => void shutDown(signal));
process.on('SIGINT', (signal) => void shutDown(signal));
