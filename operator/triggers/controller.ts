/** Looks after the triggers of all functions: what wakes the reconciles, and what gateways report. */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { functionKey, splitKey } from '#crds/wire/names.ts';
import { Seal } from '#crds/wire/seal.ts';
import type { KubeClient } from '#kube/client.ts';
import type { Clock } from '#kube/clock.ts';
import type { EventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import type { Caches } from '../caches.ts';
import type { Config } from '../config.ts';
import type { Freshest } from '../function/freshest.ts';
import type { QueueMetrics } from '../queue-metrics.ts';
import { keepSealed } from '../sealed/keeper.ts';
import { createSealedStore } from '../sealed/store.ts';
import { createTriggerOffers, triggerSpecs } from './offers.ts';
import { createTriggerReconciler, hasTriggers } from './reconcile.ts';
import { createReportBook } from './report-book.ts';
import type { KnownTriggerReport } from './reports.ts';

export interface TriggerControllerOptions {
  config: Pick<Config, 'redis' | 'encryptionKey'>;
  client: Pick<KubeClient, 'get' | 'apply'>;
  caches: Pick<Caches, 'functions'>;
  /** What was written and not yet seen; shared with whoever else writes the status. */
  written: Freshest<CatnapFunction>;
  recorder: EventRecorder;
  concurrency: number;
  /** Of the work that runs when the controller is asked to stop. */
  workDeadlineMs: number;
  observe: QueueMetrics;
  log: Log;
  clock: Clock;
}

export interface TriggerController {
  /** What gateways say of triggers, at each reading. */
  take(reports: readonly KnownTriggerReport[]): void;
  /** Works until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export function createTriggerController(options: TriggerControllerOptions): TriggerController {
  const { config, client, caches, log, clock } = options;
  const seal = config.encryptionKey && new Seal(config.encryptionKey);
  const store = createSealedStore(triggerSpecs, config.redis, seal);
  const { now, monotonic } = clock;
  const offers = createTriggerOffers({ client, store, seal, log, monotonic });
  const isWanted = (key: string) => {
    const { namespace, name } = splitKey(key);
    return hasTriggers(caches.functions.get(namespace, name));
  };
  const reports = createReportBook(isWanted, monotonic);
  const queue = createWorkQueue({
    name: 'trigger',
    concurrency: options.concurrency,
    reconcile: createTriggerReconciler({ ...options, offers, reports, now, monotonic }),
    retry: { minMs: 50, maxMs: 60_000 },
    log,
    clock,
    observe: options.observe,
  });
  options.observe.attach(queue);

  return {
    take(all) {
      for (const key of reports.take(all)) queue.add(key);
    },
    async run(signal) {
      const end = caches.functions.onChange(({ key, current, previous }) => {
        if (hasTriggers(current) || hasTriggers(previous)) queue.add(key);
      });
      for (const fn of caches.functions.list()) {
        if (hasTriggers(fn)) queue.add(functionKey(fn.metadata.namespace, fn.metadata.name));
      }
      const keeper = {
        what: triggerSpecs.what,
        store,
        maker: offers,
        functions: caches.functions,
        digestOf: ({ status }: CatnapFunction) => status?.triggers?.digest,
        enqueue: queue.add,
        log,
        clock,
      };
      await keepSealed(keeper, signal);
      end();
      await queue.stop(options.workDeadlineMs);
      store.close();
    },
  };
}
