/**
 * Every source by the name of its field in `spec.triggers`. Each is loaded when the first trigger needs it: a
 * gateway without Kafka triggers does not load the Kafka client.
 */
import type { LastRuns } from './last-runs.ts';
import type { CreateSource } from './source.ts';

/** What sources may need besides their settings. */
export interface SourceServices {
  readonly lastRuns: LastRuns;
}

// biome-ignore lint/suspicious/noExplicitAny: the settings are as the schema of each source says.
type Load = (services: SourceServices) => Promise<CreateSource<any>>;

const sources: Readonly<Record<string, Load>> = {
  cron: async ({ lastRuns }) => (await import('./sources/cron.ts')).cronSource(lastRuns),
};

export const sourceTypes: readonly string[] = Object.keys(sources);

/** @throws Error when this gateway has no source of that type */
export async function loadSource(type: string, services: SourceServices): Promise<CreateSource<unknown>> {
  const load = Object.hasOwn(sources, type) ? sources[type] : undefined;
  if (load === undefined) {
    throw new Error(`This gateway has no source "${type}"; it may be older than the operator.`);
  }
  return load(services);
}
