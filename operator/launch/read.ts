/** Reads what launch specs are made of. Secrets and code are in no cache, and nothing here keeps them. */
import type { ConfigMap, Secret } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { KubeClient } from '#kube/client.ts';
import { environmentSources, type SourceRef, type Sources } from '#kube/env/sources.ts';
import { isNotFound } from '#kube/errors.ts';
import { configMaps, secrets } from '#kube/resource.ts';
import { changedMeanwhile, readInlineFiles } from '../function/inline-code.ts';
import { revisionOf } from '../function/revision.ts';
import { contentHash, trimConfigMap } from '../function/source-content.ts';
import type { LaunchFiles } from './spec.ts';

type Client = Pick<KubeClient, 'get'>;

/** The ConfigMaps and Secrets of the environment as they are now; those that are missing are left out. */
export async function readSources(client: Client, fn: CatnapFunction): Promise<Sources> {
  const { namespace } = fn.metadata;
  const maps = new Map<string, ConfigMap>();
  const hidden = new Map<string, Secret>();
  const read = async ({ kind, name }: SourceRef) => {
    if (kind === 'Secret') hidden.set(name, await client.get(secrets, { namespace, name }));
    else maps.set(name, await client.get(configMaps, { namespace, name }));
  };
  const refs = new Map(environmentSources(fn.spec).map((ref) => [`${ref.kind}/${ref.name}`, ref]));
  const reads = [...refs.values()].map((ref) =>
    read(ref).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    }),
  );
  await Promise.all(reads);
  return { configMap: (name) => maps.get(name), secret: (name) => hidden.get(name) };
}

/**
 * The files of this revision.
 *
 * @throws KubeError with a conflict when they are others by now
 */
export async function readFiles(client: Client, fn: CatnapFunction, revision: string): Promise<LaunchFiles> {
  const { inline, configMap } = fn.spec.source ?? {};
  if (inline) return { files: await readInlineFiles(client, fn, revision) };
  if (!configMap) return {};
  const live = await client.get(configMaps, { namespace: fn.metadata.namespace, name: configMap.name });
  if (revisionOf(fn.spec, contentHash(trimConfigMap(live))) !== revision) {
    throw changedMeanwhile(`ConfigMap ${configMap.name}`);
  }
  const { data = {}, binaryData } = live;
  return { files: data, ...(binaryData ? { binaryFiles: binaryData } : {}) };
}
