/** Runs the pools: what wakes their reconciles, and how large they are at each moment. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { splitKey } from '#crds/wire/names.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import { type Caches, poolKeyOf } from '../caches.ts';
import type { PoolConfig } from '../config.ts';
import { createFreshest } from '../function/freshest.ts';
import { scaleOf } from '../function/scale-of.ts';
import type { QueueMetrics } from '../queue-metrics.ts';
import { createHostSizing } from './hosts.ts';
import { trackMembers } from './members.ts';
import { createPoolReconciler, type PoolReconcilerOptions } from './reconcile.ts';
import { poolDeploymentName } from './resources.ts';
import { isHostPool } from './shape.ts';
import { createSizing } from './sizing.ts';
import type { PoolDemand } from './supply.ts';

/** How often sizes are looked at when nothing happens: need fades with time. */
const REVIEW_MS = 10_000;

export interface PoolControllerOptions
  extends Pick<PoolReconcilerOptions, 'client' | 'settings' | 'log' | 'now' | 'monotonic'> {
  caches: Pick<Caches, 'functions' | 'poolDeployments' | 'pods'>;
  /** Undefined where there are no warm pods. */
  limits: PoolConfig | undefined;
  concurrency: number;
  /** Of the work that runs when the controller is asked to stop. */
  workDeadlineMs: number;
  observe: QueueMetrics;
  clock: Clock;
}

export interface PoolController {
  /** Keeps the pools until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** A warm pod of the pool was taken, or one was wanted and there was none. */
  claimed(poolKey: string): void;
  /** What gateways say is loaded on hosts, by the key of their pool. */
  hosted(counts: ReadonlyMap<string, number>): void;
  /** What gateways say of functions that wait for a warm pod, by the key of the pool. */
  starved(counts: ReadonlyMap<string, number>): void;
  /** What is wanted of a pool of warm pods now. */
  demandOf(poolKey: string): PoolDemand;
  /** What each pool is meant to have. */
  sizes(): ReadonlyMap<string, number>;
}

export function createPoolController(options: PoolControllerOptions): PoolController {
  const { caches, limits, log, clock } = options;
  const written = createFreshest<Deployment>(clock.monotonic);
  const sizing = limits && createSizing(limits, clock.monotonic);
  const hosting = limits && createHostSizing(clock.monotonic);
  let sizes: ReadonlyMap<string, number> = new Map();
  const queue = createWorkQueue({
    name: 'pool',
    concurrency: options.concurrency,
    reconcile: (key) => reconcile(key),
    retry: { minMs: 50, maxMs: 300_000 },
    log,
    clock,
    observe: options.observe,
  });
  options.observe.attach(queue);
  const members = trackMembers(caches.functions, (key) => {
    measure();
    queue.add(key);
  });
  const reconcile = createPoolReconciler({ ...options, written, members, sizeOf: (key) => sizes.get(key) });

  const deploymentOf = (key: string) => {
    const { namespace, name } = splitKey(key);
    return caches.poolDeployments.get(namespace, poolDeploymentName(name.slice(1)));
  };
  /** Pools share what there may be of all, so each size depends on every need. */
  function measure(): void {
    const needed = [...members.poolKeys()].filter((key) => deploymentOf(key) || members.isUsed(key));
    const warm = needed.filter((key) => !isHostPool(key));
    const warmSizes = sizing?.sizes(new Map(warm.map((key) => [key, scaleOf(deploymentOf(key))])));
    sizes = new Map([...(warmSizes ?? []), ...(hosting?.sizes(needed.filter(isHostPool)) ?? [])]);
  }
  const review = () => {
    measure();
    for (const [key, size] of sizes) if (scaleOf(deploymentOf(key)) !== size) queue.add(key);
  };

  const listen = () => [
    members.stop,
    caches.poolDeployments.onChange(({ key, current, previous }) => {
      if (!current) written.forget(key);
      const pool = poolKeyOf(current ?? previous ?? {});
      if (pool) queue.add(pool);
    }),
    caches.pods.onChange(({ current }) => {
      const pool = current && poolKeyOf(current);
      if (pool) queue.add(pool);
    }),
  ];

  return {
    async run(signal) {
      const ends = listen();
      measure();
      for (const key of members.poolKeys()) queue.add(key);
      for (const deployment of caches.poolDeployments.list()) queue.add(poolKeyOf(deployment) ?? '');
      while (!signal.aborted) {
        await sleep(clock, REVIEW_MS, signal);
        review();
      }
      for (const end of ends) end();
      await queue.stop(options.workDeadlineMs);
    },
    claimed(key) {
      if (isHostPool(key)) hosting?.missed(key);
      else sizing?.claimed(key);
      review();
    },
    hosted: (counts) => hosting?.loaded(counts),
    starved(counts) {
      sizing?.starved(counts);
      if (counts.size > 0) review();
    },
    demandOf: (key) => sizing?.demandOf(key) ?? { waiting: 0, recent: 0 },
    sizes: () => sizes,
  };
}
