import { pino } from 'pino';
import { provisionVolumes } from './provision.ts';

/** Provisions volumes until a signal asks it to end. */
export async function runProvisioner(): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
  await provisionVolumes(pino(), stop.signal);
}
