/**
 * The per-function metric families. They are read from the function states when Prometheus asks, so the
 * invocation path only ever increments numbers and a deleted function leaves no series behind.
 */
import type { Registry } from 'prom-client';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { FunctionTable } from '#gateway/functions/function-table.ts';
import type { FunctionMetrics } from './function-metrics.ts';
import type { Histogram } from './histogram.ts';

type Labels = Record<string, string>;
interface Sample {
  value: number;
  labels: Labels;
  metricName?: string;
}
type Read = (fn: FunctionState, labels: Labels) => Sample[];

/** Adds the families to a registry. */
export function registerFunctionFamilies(registry: Registry, table: FunctionTable): void {
  const family = (type: 'counter' | 'gauge' | 'histogram', name: string, help: string, read: Read) => {
    const get = async () => ({ name, help, type, aggregator: 'sum', values: readAll(table, read) });
    registry.registerMetric({ name, help, type, aggregator: 'sum', get, reset() {} } as never);
  };
  const counter = (name: string, help: string, value: (metrics: FunctionMetrics) => number) =>
    family('counter', name, help, ({ metrics }, labels) => [{ labels, value: metrics ? value(metrics) : 0 }]);
  const gauge = (name: string, help: string, value: (fn: FunctionState) => number) =>
    family('gauge', name, help, (fn, labels) => [{ labels, value: value(fn) }]);
  const histogram = (name: string, help: string, pick: (metrics: FunctionMetrics) => Histogram | undefined) =>
    family('histogram', name, help, ({ metrics }, labels) => buckets(name, labels, metrics && pick(metrics)));

  counter('faas_invocations_total', 'Calls that the function answered without an error.', (m) => m.succeeded);
  family(
    'counter',
    'faas_errors_total',
    'Calls that ended with an error, by reason.',
    ({ metrics }, labels) =>
      [...(metrics?.errors ?? [])].map(([reason, value]) => ({ labels: { ...labels, reason }, value })),
  );
  counter('faas_timeouts_total', 'Calls that outlived spec.timeoutSeconds.', (m) => m.timeouts);
  counter(
    'faas_coldstarts_total',
    'Times that calls waited for a first pod and got it.',
    (m) => m.coldStarts,
  );
  counter('catnap_cancelled_calls_total', 'Calls whose caller went away.', (m) => m.cancelled);
  counter('catnap_resends_total', 'Calls sent again after a pod failed with them.', (m) => m.resends);
  counter('catnap_wakes_total', 'Times that this gateway scaled the function up from zero.', (m) => m.wakes);
  counter('catnap_wake_failures_total', 'Attempts to do so that failed.', (m) => m.wakeFailures);
  gauge('catnap_in_flight_calls', 'Calls that run now.', (fn) => fn.inFlight);
  gauge('catnap_queued_calls', 'Calls that wait for a pod now.', (fn) => fn.waiting);
  gauge(
    'catnap_up_pods',
    'Pods that take calls.',
    (fn) => fn.pods.filter(({ state }) => state === 'up').length,
  );
  histogram(
    'http_server_request_duration_seconds',
    'Time from the arrival of a call to its end.',
    (m) => m.duration,
  );
  histogram(
    'catnap_cold_start_duration_seconds',
    'Time from the first call that found no pod to the moment a pod took it.',
    (m) => m.coldStartDuration,
  );
}

function readAll(table: FunctionTable, read: Read): Sample[] {
  const samples: Sample[] = [];
  for (const fn of table.all()) {
    samples.push(...read(fn, { namespace: fn.namespace, function: fn.name }));
  }
  return samples;
}

function buckets(name: string, labels: Labels, histogram: Histogram | undefined): Sample[] {
  if (histogram === undefined) return [];
  let count = 0;
  const samples = [...histogram.counts].map((observed, index) => {
    count += observed;
    const le = String(histogram.bounds[index] ?? '+Inf');
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [
    ...samples,
    { metricName: `${name}_sum`, labels, value: histogram.sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
