/** Process entry of the embedded cluster: wiring only. */
import { pino } from 'pino';
import { type Cluster, startCluster } from './cluster.ts';
import { type ClusterOptions, parseClusterOptions } from './cluster-options.ts';

/** From the signal to the end, whatever hangs. */
const STOP_DEADLINE_MS = 15_000;

const log = pino({ level: process.env.CATNAP_LOG_LEVEL ?? 'info', base: {} });
const stopping = new AbortController();
const stopRequested = Promise.withResolvers<NodeJS.Signals>();

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) return;
    stopping.abort(new Error(`stopped by ${name}`));
    stopRequested.resolve(name);
    setTimeout(() => {
      log.error('stopping took too long');
      process.exit(1);
    }, STOP_DEADLINE_MS).unref();
  });
}

const options = readOptions();
const cluster = await start(options);
log.info({ url: cluster.url, kubeconfig: options.kubeconfig }, 'ready');
const signal = await stopRequested.promise;
log.info({ signal }, 'stopping');
try {
  await cluster.stop();
} catch (error) {
  log.fatal({ err: error }, 'cluster did not stop cleanly');
  process.exit(1);
}
log.info('stopped');
process.exit(0);

function readOptions(): ClusterOptions {
  try {
    return parseClusterOptions(process.argv.slice(2));
  } catch (error) {
    log.fatal((error as Error).message);
    process.exit(2);
  }
}

async function start(clusterOptions: ClusterOptions): Promise<Cluster> {
  try {
    return await startCluster(clusterOptions, log, stopping.signal);
  } catch (error) {
    // A stop while it was starting is no failure.
    if (stopping.signal.aborted) process.exit(0);
    log.fatal({ err: error }, 'cluster failed to start');
    process.exit(1);
  }
}
