import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { deploymentName, functionKey } from '#crds/wire/names.ts';
import { byFunction, type Caches } from '../caches.ts';
import { collect } from '../collect.ts';
import { liveBorrowed } from '../function/borrowed.ts';
import { scaleOf } from '../function/scale-of.ts';
import type { Autoscaler, AutoscalerObserver } from './loop.ts';

const WHYS: Parameters<AutoscalerObserver['scaled']>[0][] = [
  'load',
  'panic',
  'idle',
  'minimum',
  'schedule',
  'maximum',
  'verification',
  'load failure',
  'take over',
];
const labelNames = ['namespace', 'function'] as const;

export interface AutoscalerMetrics extends AutoscalerObserver {
  sampleFailed(): void;
  /** Exports per-function gauges while leading; the returned function ends it. */
  export(caches: Pick<Caches, 'functions' | 'deployments' | 'pods'>, autoscaler: Autoscaler): () => void;
}

export function createAutoscalerMetrics(registry: Registry): AutoscalerMetrics {
  const registers = [registry];
  const changes = new Counter({
    name: 'catnap_autoscaler_scale_changes_total',
    help: 'Changes of scale that were carried out, by cause.',
    labelNames: ['why'],
    registers,
  });
  for (const why of WHYS) changes.inc({ why }, 0);
  const failures = new Counter({
    name: 'catnap_autoscaler_scale_failures_total',
    help: 'Changes of scale that the Kubernetes API did not take.',
    registers,
  });
  const sampleFailures = new Counter({
    name: 'catnap_autoscaler_sample_failures_total',
    help: 'Readings of load samples that failed because Redis was away or slow.',
    registers,
  });
  const available = new Gauge({
    name: 'catnap_autoscaler_samples_available',
    help: '1 while the load is known; 0 means that nothing is scaled down.',
    registers,
  });
  const ticks = new Histogram({
    name: 'catnap_autoscaler_tick_seconds',
    help: 'How long the look at all functions took, each second.',
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
    registers,
  });
  const visited = new Gauge({
    name: 'catnap_autoscaler_functions',
    help: 'Functions that the last look had to consider.',
    registers,
  });
  return {
    scaled: (why) => changes.inc({ why }),
    failed: () => failures.inc(),
    sampleFailed: () => sampleFailures.inc(),
    informed: (known) => available.set(known ? 1 : 0),
    ticked(seconds, functions) {
      ticks.observe(seconds);
      visited.set(functions);
    },
    export: exporter(registry),
  };
}

/**
 * Both gauges are read off the caches at each scrape, so a deleted function has no series, and only the
 * leader has any: a sum over all operators stays true.
 */
function exporter(registry: Registry): AutoscalerMetrics['export'] {
  const registers = [registry];
  const present = new Gauge({
    name: 'catnap_function_replicas',
    help: 'Replicas that a function is scaled to, those from a pool of warm pods included.',
    labelNames,
    registers,
  });
  const desired = new Gauge({
    name: 'catnap_autoscaler_desired_replicas',
    help: 'Replicas that the autoscaler wants for a function.',
    labelNames,
    registers,
  });
  return ({ functions, deployments, pods }, autoscaler) => {
    type Value = (fn: CatnapFunction, key: string) => number;
    const fill = (gauge: Gauge<'namespace' | 'function'>, value: Value) => () => {
      gauge.reset();
      for (const fn of functions.list()) {
        const { namespace, name } = fn.metadata;
        gauge.set({ namespace, function: name }, value(fn, functionKey(namespace, name)));
      }
    };
    const replicasOf: Value = (fn, key) => {
      const { namespace, name } = fn.metadata;
      const borrowed = liveBorrowed(fn, pods.byIndex(byFunction, key));
      return scaleOf(deployments.get(namespace, deploymentName(name))) + borrowed.length;
    };
    collect(present, fill(present, replicasOf));
    collect(
      desired,
      fill(desired, (_, key) => autoscaler.desired().get(key) ?? 0),
    );
    return () => {
      for (const gauge of [present, desired]) {
        collect(gauge, () => {});
        gauge.reset();
      }
    };
  };
}
