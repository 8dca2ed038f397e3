/** The ConfigMaps and Secrets that a container's environment refers to. */
import type { ConfigMap, Container, Secret } from 'kubernetes-types/core/v1.js';

/** Looks up sources in the container's namespace. */
export interface Sources {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

export interface SourceRef {
  kind: 'ConfigMap' | 'Secret';
  name: string;
}

/** Every source that the variables name, as often as they do. */
export function environmentSources({
  env = [],
  envFrom = [],
}: Pick<Container, 'env' | 'envFrom'>): SourceRef[] {
  const refs: { kind: SourceRef['kind']; name: string | undefined }[] = [
    ...env.map(({ valueFrom }) => ({ kind: 'ConfigMap' as const, name: valueFrom?.configMapKeyRef?.name })),
    ...env.map(({ valueFrom }) => ({ kind: 'Secret' as const, name: valueFrom?.secretKeyRef?.name })),
    ...envFrom.map(({ configMapRef }) => ({ kind: 'ConfigMap' as const, name: configMapRef?.name })),
    ...envFrom.map(({ secretRef }) => ({ kind: 'Secret' as const, name: secretRef?.name })),
  ];
  return refs.flatMap(({ kind, name }) => (name ? [{ kind, name }] : []));
}

/** The value of a key of a Secret; undefined when absent. */
export function secretValue(secret: Secret | undefined, key: string): Buffer | undefined {
  const encoded = secret?.data?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}
