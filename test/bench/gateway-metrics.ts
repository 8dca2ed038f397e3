/** What gateways count, from the metrics of all that can be seen from here. */
import { sumOf } from './metrics.ts';
import type { PartProcess } from './processes.ts';

/** Adds up samples of one moment, as {@link sumOf} does. */
export type GatewaySum = (name: string, labels?: Record<string, string>) => number;

/** Reads the metrics of all gateways; undefined where they cannot be read. */
export async function readGateways(processes: PartProcess[]): Promise<GatewaySum | undefined> {
  const urls = processes.flatMap(({ part, controlUrl }) =>
    part === 'gateway' && controlUrl ? [controlUrl] : [],
  );
  if (urls.length === 0) return undefined;
  const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  return (name, labels) => texts.reduce((sum, text) => sum + sumOf(text, name, labels), 0);
}
