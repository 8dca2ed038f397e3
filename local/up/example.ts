import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { conditionTypes } from '#crds/wire/reasons.ts';
import type { KubeClient } from '#kube/client.ts';
import { functions } from '#kube/resource.ts';
import { waitFor } from './wait-for.ts';

const MANIFEST = fileURLToPath(new URL('../../examples/hello/function.yaml', import.meta.url));

/** Applies examples/hello and waits until its code was seen to load. */
export async function applyExample(client: KubeClient): Promise<void> {
  const hello = parse(await readFile(MANIFEST, 'utf8')) as CatnapFunction;
  const namespace = hello.metadata.namespace ?? 'default';
  const manifest = { ...hello, metadata: { ...hello.metadata, namespace } };
  // The field manager of `kubectl apply`, so that a later apply by hand is not a conflict.
  await client.apply(functions, manifest, { fieldManager: 'kubectl' });
  await waitFor(() => isReady(client, namespace, hello.metadata.name), {
    timeoutMs: 30_000,
    describe: 'the example function to load',
  });
}

async function isReady(client: KubeClient, namespace: string, name: string): Promise<boolean> {
  const { status } = await client.get(functions, { namespace, name });
  const ready = status?.conditions?.find(({ type }) => type === conditionTypes.ready);
  if (ready?.status !== 'True') throw new Error(`Ready is ${ready?.status}: ${ready?.message}`);
  return true;
}
