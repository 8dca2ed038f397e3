/** Metrics of the client and the watchers, under the names that dashboards for controllers know. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { ClientObserver } from './client.ts';
import type { WatcherEvent, WatcherObserver } from './watcher.ts';

const WATCHER_EVENTS: WatcherEvent[] = [
  'list',
  'connect',
  'end',
  'error',
  'gone',
  'bookmark',
  'cache_miss',
  'handler_error',
];

/** Counts and times the calls to the API server. */
export function clientMetrics(registry: Registry): ClientObserver {
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Calls to the Kubernetes API, by HTTP status.',
    labelNames: ['code', 'method', 'host'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'How long calls to the Kubernetes API took.',
    labelNames: ['verb', 'host'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
    registers: [registry],
  });
  return {
    request({ code, method, host, verb, durationSeconds }) {
      requests.inc({ code, method, host });
      durations.observe({ verb, host }, durationSeconds);
    },
  };
}

/** Counts what happens to the watches of these kinds. */
export function watcherMetrics(registry: Registry, kinds: readonly string[]): WatcherObserver {
  const events = new Counter({
    name: 'catnap_watch_events_total',
    help: 'What happened to the watches of the Kubernetes API; cache_miss counts changes a watch lost.',
    labelNames: ['kind', 'event'],
    registers: [registry],
  });
  for (const kind of kinds) for (const event of WATCHER_EVENTS) events.inc({ kind, event }, 0);
  return { event: (kind, event) => events.inc({ kind, event }) };
}
