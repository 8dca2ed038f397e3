import type { Gauge } from 'prom-client';

/** Sets what prom-client calls before each scrape; its types know that only as a constructor option. */
export function collect(gauge: Gauge, set: () => void): void {
  Object.assign(gauge, { collect: set });
}
