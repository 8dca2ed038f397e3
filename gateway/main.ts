/** Process entry of the gateway. */
import { pino } from 'pino';
import { labels } from '#crds/wire/names.ts';
import { createKubeClient } from '#kube/client.ts';
import { functions, pods } from '#kube/resource.ts';
import { createWatcher } from '#kube/watcher.ts';
import { readConfig } from './config.ts';
import { trimFunction, trimPod } from './functions/trim.ts';
import { startGateway } from './gateway.ts';

/** Endpoints and balancers need a moment to stop sending callers here. */
const SETTLE_MS = 1_000;

const config = readConfig(process.env);
const log = pino({ level: config.logLevel, base: { component: 'gateway' } });
const client = createKubeClient({ component: 'gateway' });
const functionWatcher = createWatcher(client, functions, { log, transform: trimFunction });
const podWatcher = createWatcher(client, pods, { log, labelSelector: labels.function, transform: trimPod });
const gateway = await startGateway({
  config,
  client,
  functions: functionWatcher,
  pods: podWatcher,
  log,
  settleMs: SETTLE_MS,
});
functionWatcher.start();
podWatcher.start();
log.info({ port: gateway.port, controlPort: gateway.controlPort }, 'listening');

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
