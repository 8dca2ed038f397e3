/** The gateway's metrics: a registry of its own, so that several gateways can live in one process. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { FunctionTable } from '#gateway/functions/function-table.ts';
import type { ClaimTimes } from '#gateway/pods/pod.ts';
import type { ClientObserver } from '#kube/client.ts';
import { clientMetrics, watcherMetrics } from '#kube/metrics.ts';
import type { WatcherObserver } from '#kube/watcher.ts';
import { registerFunctionFamilies } from './function-families.ts';
import { FunctionMetrics } from './function-metrics.ts';

/** From a warm pod's milliseconds to the seconds that a node needs to start one. */
const PHASE_SECONDS = [0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16];

export class Metrics {
  readonly registry = new Registry();
  /** Requests answered with an error before any function was involved. */
  readonly refused: Counter<'reason'>;
  readonly asyncAccepted: Counter;
  readonly asyncFinished: Counter<'result'>;
  readonly asyncRetries: Counter;
  /** Told to functions and URLs. */
  readonly asyncOutcomes: Counter<'destination' | 'result'>;
  readonly asyncTakeovers: Counter;
  readonly deadLetters: Counter<'reason'>;
  /** What pods said of themselves. */
  readonly announcements: Counter<'outcome'>;
  /** Of warm pods, by what became of each. */
  readonly claims: Counter<'outcome'>;
  private readonly phases: Histogram<'start' | 'phase'>;
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
    for (const reason of ['FunctionNotFound', 'RouteNotFound', 'BadRequest', 'BacklogFull'])
      this.refused.inc({ reason }, 0);
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
    for (const result of ['succeeded', 'failed', 'cancelled']) this.asyncFinished.inc({ result }, 0);
    this.asyncRetries = new Counter({
      name: 'catnap_async_retries_total',
      help: 'Deliveries of asynchronous calls that failed and will be repeated.',
      registers,
    });
    this.asyncOutcomes = new Counter({
      name: 'catnap_async_outcomes_total',
      help: 'Attempts to tell how an asynchronous call ended, by whom and whether it took it.',
      labelNames: ['destination', 'result'],
      registers,
    });
    for (const destination of ['function', 'url']) {
      for (const result of ['told', 'failed']) this.asyncOutcomes.inc({ destination, result }, 0);
    }
    this.asyncTakeovers = new Counter({
      name: 'catnap_async_takeovers_total',
      help: 'Asynchronous calls taken over from gateways that were gone.',
      registers,
    });
    this.deadLetters = new Counter({
      name: 'catnap_async_dead_letters_total',
      help: 'Calls and events that failed for good and were put away, by reason.',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of ['FunctionError', 'PodFailed', 'CallTimeout']) this.deadLetters.inc({ reason }, 0);
    this.announcements = new Counter({
      name: 'catnap_announcements_total',
      help: 'Announcements of pods that they listen, by what became of them.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['accepted', 'held', 'forged']) this.announcements.inc({ outcome }, 0);
    this.claims = new Counter({
      name: 'catnap_claims_total',
      help: 'Claims of warm pods, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['claimed', 'taken', 'unreachable']) this.claims.inc({ outcome }, 0);
    this.phases = new Histogram({
      name: 'catnap_cold_start_phase_duration_seconds',
      help: 'Parts of cold starts: waiting for a claim or a pod, claiming, loading the code, and from there to the first byte.',
      labelNames: ['start', 'phase'],
      buckets: PHASE_SECONDS,
      registers,
    });
    this.connections = new Gauge({
      name: 'catnap_client_connections',
      help: 'Open connections of callers.',
      registers,
    });
    this.client = clientMetrics(this.registry);
    this.watcher = watcherMetrics(this.registry, ['Function', 'Pod']);
    collectDefaultMetrics({ register: this.registry });
  }

  /** A call got the first pod of a function, `ms` after the function had none. */
  coldStarted(ms: number, claim: ClaimTimes | undefined): void {
    if (claim === undefined) {
      this.phases.observe({ start: 'dedicated', phase: 'queued' }, ms / 1_000);
      return;
    }
    const observe = (phase: string, duration: number) =>
      this.phases.observe({ start: claim.start, phase }, Math.max(0, duration) / 1_000);
    observe('queued', ms - claim.claimMs);
    observe('claimed', claim.claimMs - claim.loadMs);
    observe('loaded', claim.loadMs);
  }

  /** It got its first byte, `ms` after that. */
  coldAnswered(ms: number, claim: ClaimTimes | undefined): void {
    this.phases.observe({ start: claim?.start ?? 'dedicated', phase: 'first_byte' }, ms / 1_000);
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
