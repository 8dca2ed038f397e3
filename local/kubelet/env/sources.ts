/** The ConfigMaps and Secrets a pod refers to. */
import type { ConfigMap, Pod, Secret, Volume } from 'kubernetes-types/core/v1.js';

/** Looks up sources in the pod's namespace. */
export interface Sources {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

export interface SourceRef {
  kind: 'ConfigMap' | 'Secret';
  name: string;
}

/** Every source that the pod's volumes and environment name, once each. */
export function sourcesOf(pod: Pod): SourceRef[] {
  const refs = new Map<string, SourceRef>();
  const add = (kind: SourceRef['kind'], name: string | undefined) => {
    if (name) refs.set(`${kind}/${name}`, { kind, name });
  };
  for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
    for (const { valueFrom } of container.env ?? []) {
      add('ConfigMap', valueFrom?.configMapKeyRef?.name);
      add('Secret', valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add('ConfigMap', configMapRef?.name);
      add('Secret', secretRef?.name);
    }
  }
  for (const volume of pod.spec?.volumes ?? []) addVolumeSources(volume, add);
  return [...refs.values()];
}

function addVolumeSources(volume: Volume, add: (kind: SourceRef['kind'], name?: string) => void): void {
  add('ConfigMap', volume.configMap?.name);
  add('Secret', volume.secret?.secretName);
  for (const { configMap, secret } of volume.projected?.sources ?? []) {
    add('ConfigMap', configMap?.name);
    add('Secret', secret?.name);
  }
}

/** The value of a key of a ConfigMap, text or binary; undefined when absent. */
export function configMapValue(map: ConfigMap | undefined, key: string): Buffer | undefined {
  const text = map?.data?.[key];
  if (text !== undefined) return Buffer.from(text);
  const binary = map?.binaryData?.[key];
  return binary === undefined ? undefined : Buffer.from(binary, 'base64');
}

/** The value of a key of a Secret; undefined when absent. */
export function secretValue(secret: Secret | undefined, key: string): Buffer | undefined {
  const encoded = secret?.data?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}
