/** The metrics of work queues and their reconciles, under the names controller-runtime gave them. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ReconcileOutcome, WorkQueue, WorkQueueObserver } from '#kube/work-queue.ts';
import { collect } from './collect.ts';

/** From a no-op to a slow API server. */
const WORK_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];
const RESULTS = ['success', 'requeue_after', 'error', 'conflict'];

/** Hooks for one queue, and the queue itself once there is one. */
export interface QueueMetrics extends WorkQueueObserver {
  attach(queue: Pick<WorkQueue, 'stats'>): void;
}

type Stats = ReturnType<WorkQueue['stats']>;

/** @param controllers how many reconciles of each run at the same time */
export function createQueueMetrics<Name extends string>(
  registry: Registry,
  controllers: Record<Name, number>,
): Record<Name, QueueMetrics> {
  const stats = new Map<string, () => Stats>();
  const reconciles = reconcileMetrics(registry, stats);
  const queues = workQueueMetrics(registry, stats);
  const made = Object.entries<number>(controllers).map(([name, concurrency]) => {
    queues.begin(name);
    reconciles.begin(name, concurrency);
    const metrics: QueueMetrics = {
      added: () => queues.adds.inc({ name }),
      retried: () => queues.retries.inc({ name }),
      timedOut: () => reconciles.timeouts.inc({ controller: name }),
      started: (waitedSeconds) => queues.waited.observe({ name }, waitedSeconds),
      finished(outcome, workedSeconds) {
        queues.worked.observe({ name }, workedSeconds);
        reconciles.finished(name, outcome, workedSeconds);
      },
      attach: (queue) => void stats.set(name, queue.stats),
    };
    return [name, metrics];
  });
  return Object.fromEntries(made);
}

function reconcileMetrics(registry: Registry, stats: ReadonlyMap<string, () => Stats>) {
  const registers = [registry];
  const labelNames = ['controller'];
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by result.',
    labelNames: ['controller', 'result'],
    registers,
  });
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
  const most = gauge(
    'controller_runtime_max_concurrent_reconciles',
    'Reconciles that may run at the same time.',
  );
  const active = gauge('controller_runtime_active_workers', 'Reconciles that run now.');
  collect(active, () => {
    for (const [controller, read] of stats) active.set({ controller }, read().running);
  });
  return {
    timeouts,
    /** Everything at zero, so that rates and alerts work before the first error. */
    begin(controller: string, concurrency: number) {
      most.set({ controller }, concurrency);
      active.set({ controller }, 0);
      for (const zeroed of [errors, terminal, timeouts]) zeroed.inc({ controller }, 0);
      for (const result of RESULTS) total.inc({ controller, result }, 0);
    },
    finished(controller: string, outcome: ReconcileOutcome, seconds: number) {
      const result = outcome === 'terminal_error' ? 'error' : outcome;
      total.inc({ controller, result });
      time.observe({ controller }, seconds);
      if (result === 'error') errors.inc({ controller });
      if (outcome === 'terminal_error') terminal.inc({ controller });
    },
  };
}

function workQueueMetrics(registry: Registry, stats: ReadonlyMap<string, () => Stats>) {
  const registers = [registry];
  const labelNames = ['name'];
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames, buckets: WORK_BUCKETS, registers });
  const gauges: Gauge[] = [];
  const gauge = (name: string, help: string, read: (stats: Stats) => number) => {
    const made = new Gauge({ name, help, labelNames, registers });
    collect(made, () => {
      for (const [queue, statsOf] of stats) made.set({ name: queue }, read(statsOf()));
    });
    gauges.push(made);
  };
  gauge('workqueue_depth', 'Keys that wait for a worker.', ({ depth }) => depth);
  gauge(
    'workqueue_unfinished_work_seconds',
    'Time that running work has taken so far.',
    ({ unfinishedSeconds }) => unfinishedSeconds,
  );
  gauge(
    'workqueue_longest_running_processor_seconds',
    'Time of the longest running work.',
    ({ longestRunningSeconds }) => longestRunningSeconds,
  );
  const adds = counter('workqueue_adds_total', 'Keys that were added.');
  const retries = counter('workqueue_retries_total', 'Keys that were added again after a failure.');
  return {
    adds,
    retries,
    waited: histogram('workqueue_queue_duration_seconds', 'How long keys waited for a worker.'),
    worked: histogram('workqueue_work_duration_seconds', 'How long work on a key took.'),
    begin(name: string) {
      adds.inc({ name }, 0);
      retries.inc({ name }, 0);
      for (const made of gauges) made.set({ name }, 0);
    },
  };
}
