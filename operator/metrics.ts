/** The metrics that Kubernetes dashboards know of controllers, under the names controller-runtime gave them. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ClientObserver } from '#kube/client.ts';
import { clientMetrics, watcherMetrics } from '#kube/metrics.ts';
import { VERSION } from '#kube/version.ts';
import type { WatcherObserver } from '#kube/watcher.ts';
import { createQueueMetrics, type QueueMetrics } from './queue-metrics.ts';

const WATCHED_KINDS = ['Function', 'Deployment', 'Pod', 'ConfigMap', 'NetworkPolicy'];

/** The controllers, by the name they have in metrics and logs. */
export type ControllerName = 'function' | 'network-policy' | 'pool' | 'trigger';

export interface OperatorMetrics {
  readonly registry: Registry;
  readonly client: ClientObserver;
  readonly watcher: WatcherObserver;
  readonly queues: Record<ControllerName, QueueMetrics>;
  readonly leading: { leading(leading: boolean): void };
}

export function createMetrics(options: {
  leaseName: string;
  concurrency: Record<ControllerName, number>;
}): OperatorMetrics {
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
    queues: createQueueMetrics(registry, options.concurrency),
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
