/** All about warm pods, put together: launch specs, the pools, and what gateways take from them. */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { Seal } from '#crds/wire/seal.ts';
import type { KubeClient } from '#kube/client.ts';
import type { Clock } from '#kube/clock.ts';
import type { EventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import type { Caches } from '../caches.ts';
import type { Config } from '../config.ts';
import { createLaunches, type Launches, launchSpecs } from '../launch/launches.ts';
import { keepSealed } from '../sealed/keeper.ts';
import { createSealedStore } from '../sealed/store.ts';
import { type ClaimHandler, createClaimHandler } from './claims.ts';
import { createPoolController, type PoolControllerOptions } from './controller.ts';
import { createGates } from './gates.ts';
import type { PoolMetrics } from './metrics.ts';
import { reportMisses } from './misses.ts';

export interface WarmPoolOptions
  extends Pick<PoolControllerOptions, 'concurrency' | 'workDeadlineMs' | 'observe'> {
  config: Config;
  client: KubeClient;
  caches: Caches;
  recorder: EventRecorder;
  metrics: PoolMetrics;
  log: Log;
  clock: Clock;
}

export interface WarmPools {
  readonly launches: Launches;
  /** What gateways say of warm pods, at each reading. */
  readonly take: ClaimHandler['take'];
  /** Works until `signal` aborts; never rejects. */
  run(around: Surroundings, signal: AbortSignal): Promise<void>;
}

/** What else the operator does, as far as it matters here. */
export interface Surroundings {
  /** Has a function looked at. */
  enqueue: (functionKey: string) => void;
  isOwnScale: (functionKey: string, replicas: number) => boolean;
}

export function createWarmPools(options: WarmPoolOptions): WarmPools {
  const { config, client, caches, recorder, metrics, log, clock } = options;
  const { encryptionKey, pools: limits, announce, runtimeImage, spareThreads } = config;
  const seal = limits && encryptionKey && new Seal(encryptionKey);
  const store = createSealedStore(launchSpecs, config.redis, seal);
  const { now, monotonic } = clock;
  const launches = createLaunches({
    client,
    configMaps: caches.configMaps,
    store,
    seal,
    announce,
    log,
    monotonic,
  });
  const settings =
    limits && encryptionKey ? { runtimeImage, announce, encryptionKey, spareThreads } : undefined;
  const controller = createPoolController({ ...options, limits, settings, now, monotonic });
  const noteClaim = (outcome: 'taken' | 'missed') => (poolKey: string) => {
    metrics.claimed(outcome);
    controller.claimed(poolKey);
  };
  const claims = createClaimHandler({
    client,
    caches,
    recorder,
    claimed: noteClaim('taken'),
    log,
    monotonic,
  });
  const gates = createGates({ client, caches, demandOf: controller.demandOf, log, clock });

  return {
    launches,
    take(reports) {
      claims.take(reports);
      controller.hosted(reports.isolates);
      controller.starved(reports.starving);
      gates.review();
    },
    async run({ enqueue, isOwnScale }, signal) {
      const ends = [
        reportMisses({ caches, isOwnScale, missed: noteClaim('missed') }),
        metrics.export(caches, controller.sizes),
      ];
      const keeper = {
        what: launchSpecs.what,
        store,
        maker: launches,
        functions: caches.functions,
        digestOf: ({ status }: CatnapFunction) => status?.launch?.digest,
        enqueue,
        log,
        clock,
      };
      await Promise.all([controller.run(signal), gates.run(signal), keepSealed(keeper, signal)]);
      for (const end of ends) end();
      await claims.stop();
      store.close();
    },
  };
}
