/**
 * The operator's parts and their order: probes and metrics, caches, leadership, and only then work; in
 * reverse to stop, the lease released after the last write.
 */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { functionKey } from '#crds/wire/names.ts';
import type { KubeClient } from '#kube/client.ts';
import { systemClock } from '#kube/clock.ts';
import { createEventRecorder } from '#kube/events.ts';
import { runWithLeadership } from '#kube/leader-election.ts';
import type { Log } from '#kube/log.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import { createAutoscaler } from './autoscaler/loop.ts';
import { type AutoscalerMetrics, createAutoscalerMetrics } from './autoscaler/metrics.ts';
import { createSampleSource } from './autoscaler/sample-source.ts';
import { reportWakes } from './autoscaler/wake-reporter.ts';
import { type Caches, createCaches, onFunctionConcerned } from './caches.ts';
import type { Config } from './config.ts';
import { createDeletedPods } from './function/deleted-pods.ts';
import { createFreshest } from './function/freshest.ts';
import { createReconciler } from './function/reconcile.ts';
import type { ControllerName, OperatorMetrics } from './metrics.ts';
import { runPolicyController } from './network-policy/controller.ts';
import { createPoolMetrics, type PoolMetrics } from './pool/metrics.ts';
import { createWarmPools } from './pool/warm-pools.ts';
import { createTriggerController } from './triggers/controller.ts';

export const LEASE_NAME = 'catnap-operator';
export const CONCURRENT_RECONCILES: Record<ControllerName, number> = {
  function: 8,
  'network-policy': 2,
  pool: 2,
  trigger: 4,
};
/** Of the work that runs when the operator is asked to stop. */
const WORK_DEADLINE_MS = 15_000;

export interface OperatorOptions {
  config: Config;
  client: KubeClient;
  metrics: OperatorMetrics;
  log: Log;
  /** Ends the operator in good order. */
  signal: AbortSignal;
  /** The lease was lost while working: the process must end at once. */
  onLost: () => void;
}

export interface Operator {
  readonly caches: Caches;
  /** Starts the caches, then leads when it can. Resolves when everything ended after `signal` aborted. */
  run(): Promise<void>;
}

export function createOperator(options: OperatorOptions): Operator {
  const { config, client, metrics, log, signal } = options;
  const caches = createCaches(client, log, metrics.watcher);
  const observers: Observers = {
    autoscaler: createAutoscalerMetrics(metrics.registry),
    pools: createPoolMetrics(metrics.registry),
  };
  return {
    caches,
    async run() {
      for (const cache of caches.essential) cache.start();
      try {
        await Promise.all(caches.essential.map((cache) => cache.whenSynced(signal)));
        await runWithLeadership({
          client,
          namespace: config.namespace,
          name: LEASE_NAME,
          lead: (leading) => lead(options, caches, observers, leading),
          onLost: options.onLost,
          signal,
          log,
          observe: metrics.leading,
        });
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        await Promise.all(caches.essential.map((cache) => cache.stop()));
      }
    },
  };
}

/** Metrics that only the leader has something to say in. */
interface Observers {
  autoscaler: AutoscalerMetrics;
  pools: PoolMetrics;
}

/** What only the leader does, until `leading` aborts. */
async function lead(
  { config, client, metrics, log }: OperatorOptions,
  caches: Caches,
  observers: Observers,
  leading: AbortSignal,
): Promise<void> {
  const clock = systemClock;
  const recorder = createEventRecorder(client, 'operator', { log });
  const samples = createSampleSource({
    address: config.redis,
    log,
    now: clock.monotonic,
    onFailure: observers.autoscaler.sampleFailed,
  });
  const written = {
    functions: createFreshest<CatnapFunction>(clock.monotonic),
    deployments: createFreshest<Deployment>(clock.monotonic),
  };
  const deleted = createDeletedPods();
  const warmPools = createWarmPools({
    config,
    client,
    caches,
    recorder,
    metrics: observers.pools,
    concurrency: CONCURRENT_RECONCILES.pool,
    workDeadlineMs: WORK_DEADLINE_MS,
    observe: metrics.queues.pool,
    log,
    clock,
  });
  const triggers = createTriggerController({
    config,
    client,
    caches,
    written: written.functions,
    recorder,
    concurrency: CONCURRENT_RECONCILES.trigger,
    workDeadlineMs: WORK_DEADLINE_MS,
    observe: metrics.queues.trigger,
    log,
    clock,
  });
  const autoscaler = createAutoscaler({
    client,
    caches,
    written,
    deleted,
    samples,
    onPoolReports: warmPools.take,
    onTriggerReports: triggers.take,
    recorder,
    observe: observers.autoscaler,
    log,
    clock,
  });
  const queue = createWorkQueue({
    name: 'function',
    concurrency: CONCURRENT_RECONCILES.function,
    reconcile: createReconciler({
      client,
      caches,
      written,
      deleted,
      recorder,
      settings: config,
      launches: warmPools.launches,
      log,
      now: clock.now,
      monotonic: clock.monotonic,
      settled: autoscaler.poke,
      forget: autoscaler.forget,
    }),
    // A function that cannot be brought about is looked at every few minutes, not every quarter of an hour.
    retry: { minMs: 50, maxMs: 300_000 },
    log,
    observe: metrics.queues.function,
  });
  metrics.queues.function.attach(queue);
  const ends = [
    caches.deployments.onChange(({ key, current }) => {
      if (!current) written.deployments.forget(key);
    }),
    onFunctionConcerned(caches, queue.add),
    reportWakes({ client, caches, recorder, isOwnScale: autoscaler.isOwnScale, log }),
    observers.autoscaler.export(caches, autoscaler),
  ];
  for (const { metadata } of caches.functions.list())
    queue.add(functionKey(metadata.namespace, metadata.name));
  const pools = warmPools.run({ enqueue: queue.add, isOwnScale: autoscaler.isOwnScale }, leading);
  const triggering = triggers.run(leading);
  const policies = runPolicyController(
    {
      client,
      caches,
      recorder,
      enabled: config.functionNetworkPolicy,
      platformNamespace: config.namespace,
      concurrency: CONCURRENT_RECONCILES['network-policy'],
      workDeadlineMs: WORK_DEADLINE_MS,
      observe: metrics.queues['network-policy'],
      log,
      clock,
    },
    leading,
  );
  try {
    await autoscaler.run(leading);
  } finally {
    await Promise.all([policies, pools, triggering]);
    for (const end of ends) end();
    await queue.stop(WORK_DEADLINE_MS);
    await recorder.stop();
    samples.close();
  }
}
