/** Deploying functions, one or many. */
import type { Function as CatnapFunction, FunctionSpec, FunctionStatus } from '#crds/function/types.ts';
import { functions } from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { Bed } from '../bed.ts';
import { forEachOf } from '../parallel.ts';
import { putToSleep } from './sleep.ts';

export type PodClass = NonNullable<FunctionSpec['class']>;

const LOAD_TIMEOUT_MS = 60_000;
/** Verifying starts a pod for each; more at once only take the CPU from each other. */
const DEPLOYS_AT_ONCE = 4;

/** A function of one file. Members of `spec` that are undefined are left to the server's defaults. */
export function manifest(bed: Bed, name: string, code: string, spec: object): CatnapFunction {
  return {
    apiVersion: 'catnap.dev/v1alpha1',
    kind: 'Function',
    metadata: { name, namespace: bed.namespace },
    // What is missing of the type are defaults, which the server fills in.
    spec: { source: { inline: { files: { 'index.mjs': code } } }, ...spec } as unknown as FunctionSpec,
  };
}

/** Applies a function and waits until its present code was seen to load. */
export async function deploy(bed: Bed, name: string, code: string, spec: object): Promise<void> {
  const wanted = manifest(bed, name, code, spec);
  const { metadata } = await bed.client.apply(functions, wanted, { fieldManager: 'catnap-bench' });
  const isLoaded = async () => {
    const status = await statusOf(bed, name);
    return status.observedGeneration === metadata.generation && isReady(status);
  };
  await waitFor(isLoaded, { timeoutMs: LOAD_TIMEOUT_MS, describe: `${name} to load` });
}

/** Deploys the same function under many names, each put to sleep as soon as its code was seen to load. */
export async function deployAsleep(bed: Bed, names: string[], code: string, spec: object): Promise<void> {
  await forEachOf(names, DEPLOYS_AT_ONCE, async (name) => {
    await deploy(bed, name, code, spec);
    await putToSleep(bed, name);
  });
  bed.log(`${names.length} functions deployed and asleep`);
}

export async function statusOf(bed: Bed, name: string): Promise<FunctionStatus> {
  return (await bed.client.get(functions, { namespace: bed.namespace, name })).status ?? {};
}

function isReady({ conditions }: FunctionStatus): boolean {
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
