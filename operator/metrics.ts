/** The metrics that Kubernetes dashboards know of controllers, under the names controller-runtime gave them. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ClientObserver } from '#kube/client.ts';
import { clientMetrics, watcherMetrics } from '#kube/metrics.ts';
import { VERSION } from '#kube/version.ts';
import type { WatcherObserver } from '#kube/watcher.ts';
import type { ReconcileOutcome, WorkQueue, WorkQueueObserver } from '#kube/work-queue.ts';

const CONTROLLER = 'function';
/** From a no-op to a slow API server. */
const WORK_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];
const RESULTS = ['success', 'requeue_after', 'error', 'conflict'];
const WATCHED_KINDS = ['Function', 'Deployment', 'Pod', 'ConfigMap'];

export interface OperatorMetrics {
  readonly registry: Registry;
  readonly client: ClientObserver;
  readonly watcher: WatcherObserver;
  /** Hooks for the queue, and the queue itself once there is one. */
  readonly queue: WorkQueueObserver & { attach(queue: Pick<WorkQueue, 'stats'>): void };
  readonly leading: { leading(leading: boolean): void };
}

export function createMetrics(options: { leaseName: string; concurrency: number }): OperatorMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'catnap_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['component', 'version'],
    registers: [registry],
  }).set({ component: 'operator', version: VERSION }, 1);
  return {
    registry,
    client: clientMetrics(registry),
    watcher: watcherMetrics(registry, WATCHED_KINDS),
    queue: queueMetrics(registry, options.concurrency),
    leading: leaderMetrics(registry, options.leaseName),
  };
}

function leaderMetrics(registry: Registry, name: string) {
  const gauge = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process leads.',
    labelNames: ['name'],
    registers: [registry],
  });
  gauge.set({ name }, 0);
  return { leading: (leading: boolean) => gauge.set({ name }, leading ? 1 : 0) };
}

function queueMetrics(registry: Registry, concurrency: number): OperatorMetrics['queue'] {
  const reconciles = reconcileMetrics(registry, concurrency);
  const queue = workQueueMetrics(registry);
  let stats: WorkQueue['stats'] | undefined;
  queue.onScrape(() => stats?.());
  reconciles.onScrape(() => stats?.());
  return {
    added: () => queue.adds.inc({ name: CONTROLLER }),
    retried: () => queue.retries.inc({ name: CONTROLLER }),
    timedOut: () => reconciles.timeouts.inc({ controller: CONTROLLER }),
    started: (waitedSeconds) => queue.waited.observe({ name: CONTROLLER }, waitedSeconds),
    finished(outcome, workedSeconds) {
      queue.worked.observe({ name: CONTROLLER }, workedSeconds);
      reconciles.finished(outcome, workedSeconds);
    },
    attach: (attached) => {
      stats = attached.stats;
    },
  };
}

function reconcileMetrics(registry: Registry, concurrency: number) {
  const registers = [registry];
  const labelNames = ['controller'];
  const counter = (name: string, help: string) => {
    const made = new Counter({ name, help, labelNames, registers });
    made.inc({ controller: CONTROLLER }, 0);
    return made;
  };
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by result.',
    labelNames: ['controller', 'result'],
    registers,
  });
  for (const result of RESULTS) total.inc({ controller: CONTROLLER, result }, 0);
  const errors = counter('controller_runtime_reconcile_errors_total', 'Reconciles that failed.');
  const terminal = counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Reconciles that failed and are not repeated.',
  );
  const timeouts = counter('controller_runtime_reconcile_timeouts_total', 'Reconciles that took too long.');
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long reconciles took.',
    labelNames,
    buckets: WORK_BUCKETS,
    registers,
  });
  new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Reconciles that may run at the same time.',
    labelNames,
    registers,
  }).set({ controller: CONTROLLER }, concurrency);
  const active = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Reconciles that run now.',
    labelNames,
    registers,
  });
  return {
    timeouts,
    finished(outcome: ReconcileOutcome, seconds: number) {
      const result = outcome === 'terminal_error' ? 'error' : outcome;
      total.inc({ controller: CONTROLLER, result });
      time.observe({ controller: CONTROLLER }, seconds);
      if (result === 'error') errors.inc({ controller: CONTROLLER });
      if (outcome === 'terminal_error') terminal.inc({ controller: CONTROLLER });
    },
    onScrape(stats: () => ReturnType<WorkQueue['stats']> | undefined) {
      collect(active, () => active.set({ controller: CONTROLLER }, stats()?.running ?? 0));
    },
  };
}

function workQueueMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ['name'];
  const zeroed = (name: string, help: string) => {
    const made = new Counter({ name, help, labelNames, registers });
    made.inc({ name: CONTROLLER }, 0);
    return made;
  };
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames, buckets: WORK_BUCKETS, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const depth = gauge('workqueue_depth', 'Keys that wait for a worker.');
  const unfinished = gauge('workqueue_unfinished_work_seconds', 'Time that running work has taken so far.');
  const longest = gauge('workqueue_longest_running_processor_seconds', 'Time of the longest running work.');
  return {
    adds: zeroed('workqueue_adds_total', 'Keys that were added.'),
    retries: zeroed('workqueue_retries_total', 'Keys that were added again after a failure.'),
    waited: histogram('workqueue_queue_duration_seconds', 'How long keys waited for a worker.'),
    worked: histogram('workqueue_work_duration_seconds', 'How long work on a key took.'),
    onScrape(stats: () => ReturnType<WorkQueue['stats']> | undefined) {
      collect(depth, () => depth.set({ name: CONTROLLER }, stats()?.depth ?? 0));
      collect(unfinished, () => unfinished.set({ name: CONTROLLER }, stats()?.unfinishedSeconds ?? 0));
      collect(longest, () => longest.set({ name: CONTROLLER }, stats()?.longestRunningSeconds ?? 0));
    },
  };
}

/** Sets what prom-client calls before each scrape; its types know that only as a constructor option. */
export function collect(gauge: Gauge, set: () => void): void {
  Object.assign(gauge, { collect: set });
}
