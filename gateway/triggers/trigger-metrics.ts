/**
 * Metric families of triggers, read when Prometheus asks: what a gateway does not run any more has no lag and no
 * connection there, and a function that is gone leaves no series behind.
 */
import type { Registry } from 'prom-client';
import { splitKey } from '#crds/wire/names.ts';
import type { TriggerBook } from './trigger-book.ts';

interface Sample {
  value: number;
  labels: Record<string, string>;
}

interface Identity {
  readonly functionKey: string;
  readonly name: string;
  readonly type: string;
}

/** Adds the families to a registry. */
export function registerTriggerFamilies(registry: Registry, book: TriggerBook): void {
  const family = (type: 'counter' | 'gauge', name: string, help: string, read: () => Sample[]) => {
    const get = async () => ({ name, help, type, aggregator: 'sum', values: read() });
    registry.registerMetric({ name, help, type, aggregator: 'sum', get, reset() {} } as never);
  };
  family(
    'counter',
    'catnap_trigger_events_total',
    'Events that triggers brought: taken by the function, put among the dead letters, or sent again.',
    () =>
      [...book.counters()].flatMap((counted) =>
        Object.entries(counted.counts).map(([result, value]) => ({
          labels: { ...labelsOf(counted), result },
          value,
        })),
      ),
  );
  family(
    'gauge',
    'catnap_trigger_connected',
    'Whether the trigger that this gateway runs is connected.',
    () => [...book.states].map((state) => ({ labels: labelsOf(state), value: state.connected ? 1 : 0 })),
  );
  family('gauge', 'catnap_trigger_lag', 'Events that wait at the source, where it tells.', () =>
    [...book.states].flatMap((state) =>
      state.lag === undefined ? [] : [{ labels: labelsOf(state), value: state.lag }],
    ),
  );
}

function labelsOf({ functionKey, name, type }: Identity): Record<string, string> {
  const { namespace, name: fn } = splitKey(functionKey);
  return { namespace, function: fn, trigger: name, type };
}
