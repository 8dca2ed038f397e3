/** The ConfigMaps and Secrets a pod refers to. */
import type { ConfigMap, Pod, Volume } from 'kubernetes-types/core/v1.js';
import { environmentSources, type SourceRef } from '#kube/env/sources.ts';

/** Every source that the pod's volumes and environment name, once each. */
export function sourcesOf(pod: Pod): SourceRef[] {
  const refs = new Map<string, SourceRef>();
  const add = (kind: SourceRef['kind'], name: string | undefined) => {
    if (name) refs.set(`${kind}/${name}`, { kind, name });
  };
  for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
    for (const { kind, name } of environmentSources(container)) add(kind, name);
  }
  for (const volume of pod.spec?.volumes ?? []) addVolumeSources(volume, add);
  return [...refs.values()];
}

/** The value of a key of a ConfigMap, text or binary; undefined when absent. */
export function configMapValue(map: ConfigMap | undefined, key: string): Buffer | undefined {
  const text = map?.data?.[key];
  if (text !== undefined) return Buffer.from(text);
  const binary = map?.binaryData?.[key];
  return binary === undefined ? undefined : Buffer.from(binary, 'base64');
}

function addVolumeSources(volume: Volume, add: (kind: SourceRef['kind'], name?: string) => void): void {
  add('ConfigMap', volume.configMap?.name);
  add('Secret', volume.secret?.secretName);
  for (const { configMap, secret } of volume.projected?.sources ?? []) {
    add('ConfigMap', configMap?.name);
    add('Secret', secret?.name);
  }
}
