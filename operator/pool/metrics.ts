import { Counter, Gauge, type Registry } from 'prom-client';
import { splitKey } from '#crds/wire/names.ts';
import { byPool, type Caches } from '../caches.ts';
import { collect } from '../collect.ts';
import { podState } from '../function/pod-state.ts';

const labelNames = ['namespace', 'pool'] as const;

export interface PoolMetrics {
  /** A gateway took a warm pod, or found none and woke the function in another way. */
  claimed(outcome: 'taken' | 'missed'): void;
  /** Exports gauges of each pool while leading; the returned function ends it. */
  export(caches: Pick<Caches, 'pods'>, sizes: () => ReadonlyMap<string, number>): () => void;
}

export function createPoolMetrics(registry: Registry): PoolMetrics {
  const registers = [registry];
  const claims = new Counter({
    name: 'catnap_pool_claims_total',
    help: 'Sleeping functions that warm pods could run: those that got one, and those that found none.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['taken', 'missed']) claims.inc({ outcome }, 0);
  const size = new Gauge({
    name: 'catnap_pool_size',
    help: 'Warm pods that a pool should have.',
    labelNames,
    registers,
  });
  const ready = new Gauge({
    name: 'catnap_pool_ready_pods',
    help: 'Warm pods that can be taken.',
    labelNames,
    registers,
  });
  return {
    claimed: (outcome) => claims.inc({ outcome }),
    export({ pods }, sizes) {
      const fill = (gauge: typeof size, value: (key: string, wanted: number) => number) =>
        collect(gauge, () => {
          gauge.reset();
          for (const [key, wanted] of sizes()) {
            const { namespace, name } = splitKey(key);
            gauge.set({ namespace, pool: name.slice(1) }, value(key, wanted));
          }
        });
      fill(size, (_, wanted) => wanted);
      fill(ready, (key) => pods.byIndex(byPool, key).filter((pod) => podState(pod).kind === 'ready').length);
      return () => {
        for (const gauge of [size, ready]) {
          collect(gauge, () => {});
          gauge.reset();
        }
      };
    },
  };
}
