/** The function whose triggers are measured, with the one pod that it has all the time. */
import { secrets } from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Bed, readyAddresses } from '../../bed.ts';
import { deploy, type PodClass } from '../../functions/deploy.ts';
import { type GatewaySum, readGateways } from '../../gateway-metrics.ts';
import type { PartProcess } from '../../processes.ts';
import { CODE } from './witness.ts';

const GONE_TIMEOUT_MS = 30_000;

export interface Subject {
  readonly bed: Bed;
  readonly name: string;
  readonly processes: PartProcess[];
  /** From now on it has these triggers and no others. */
  setTriggers(triggers: object[]): Promise<void>;
}

export async function deploySubject(
  bed: Bed,
  name: string,
  podClass: PodClass | undefined,
): Promise<Subject> {
  const scaling = { minReplicas: 1, maxReplicas: 1, concurrency: 1000 };
  const setTriggers = (triggers: object[]) => deploy(bed, name, CODE, { class: podClass, scaling, triggers });
  await setTriggers([]);
  await readyAddresses(bed, name, 1);
  return { bed, name, processes: await bed.processes(), setTriggers };
}

/** Puts a server's credentials where a trigger finds them; returns what the trigger says of that. */
export async function storeCredentials(
  { client, namespace }: Bed,
  name: string,
  credentials: Readonly<Record<string, string>> | undefined,
): Promise<{ secretRef?: { name: string } }> {
  if (!credentials) return {};
  const metadata = { name, namespace };
  await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, stringData: credentials });
  return { secretRef: { name } };
}

/** Takes all triggers away, and waits until no gateway has a connection for any. */
export async function removeTriggers({ processes, setTriggers }: Subject): Promise<void> {
  await setTriggers([]);
  const isDone = async () => (await metricsOf(processes))('catnap_trigger_connected') === 0;
  await waitFor(isDone, { timeoutMs: GONE_TIMEOUT_MS, describe: 'no trigger to be connected' });
}

/** @throws Error where the gateways' metrics cannot be read, since nothing could be measured */
export async function metricsOf(processes: PartProcess[]): Promise<GatewaySum> {
  const sum = await readGateways(processes);
  if (!sum) throw new Error('the metrics of the gateway cannot be read');
  return sum;
}
