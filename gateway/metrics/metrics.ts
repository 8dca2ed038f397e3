/** The gateway's metrics: a registry of its own, so that several gateways can live in one process. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { FunctionTable } from '#gateway/functions/function-table.ts';
import type { ClientObserver } from '#kube/client.ts';
import { clientMetrics, watcherMetrics } from '#kube/metrics.ts';
import type { WatcherObserver } from '#kube/watcher.ts';
import { registerFunctionFamilies } from './function-families.ts';
import { FunctionMetrics } from './function-metrics.ts';

export class Metrics {
  readonly registry = new Registry();
  /** Requests answered with an error before any function was involved. */
  readonly refused: Counter<'reason'>;
  readonly asyncAccepted: Counter;
  readonly asyncFinished: Counter<'result'>;
  readonly asyncRetries: Counter;
  /** What pods said of themselves. */
  readonly announcements: Counter<'outcome'>;
  /** Of the Kubernetes client and the watches. */
  readonly client: ClientObserver;
  readonly watcher: WatcherObserver;
  private readonly connections: Gauge;

  constructor() {
    const registers = [this.registry];
    this.refused = new Counter({
      name: 'catnap_refused_requests_total',
      help: 'Requests that named no function or that the gateway could not accept, by reason.',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of ['FunctionNotFound', 'RouteNotFound', 'BadRequest']) this.refused.inc({ reason }, 0);
    this.asyncAccepted = new Counter({
      name: 'catnap_async_accepted_total',
      help: 'Asynchronous calls that were acknowledged.',
      registers,
    });
    this.asyncFinished = new Counter({
      name: 'catnap_async_finished_total',
      help: 'Asynchronous calls that ended, by result.',
      labelNames: ['result'],
      registers,
    });
    for (const result of ['succeeded', 'failed']) this.asyncFinished.inc({ result }, 0);
    this.asyncRetries = new Counter({
      name: 'catnap_async_retries_total',
      help: 'Deliveries of asynchronous calls that failed and will be repeated.',
      registers,
    });
    this.announcements = new Counter({
      name: 'catnap_announcements_total',
      help: 'Announcements of pods that they listen, by what became of them.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['accepted', 'held', 'forged']) this.announcements.inc({ outcome }, 0);
    this.connections = new Gauge({
      name: 'catnap_client_connections',
      help: 'Open connections of callers.',
      registers,
    });
    this.client = clientMetrics(this.registry);
    this.watcher = watcherMetrics(this.registry, ['Function', 'Pod']);
    collectDefaultMetrics({ register: this.registry });
  }

  /** Adds what is read from elsewhere at each scrape. */
  observe(table: FunctionTable, connections: () => number): void {
    registerFunctionFamilies(this.registry, table);
    Object.assign(this.connections, { collect: () => this.connections.set(connections()) });
  }
}

/** The counters of a function. */
export function metricsOf(fn: FunctionState): FunctionMetrics {
  fn.metrics ??= new FunctionMetrics();
  return fn.metrics;
}
