/** How tests install the chart. */
import { fileURLToPath } from 'node:url';
import type { Service } from 'kubernetes-types/core/v1.js';
import type { Release } from './helm.ts';
import type { ProvidedImages } from './images.ts';

export const CHART = fileURLToPath(new URL('../../../charts/catnap', import.meta.url));
export const RELEASE: Release = { name: 'catnap', namespace: 'catnap-system' };
export const DEFINITION = 'functions.catnap.dev';
/** Of the pods, so that changed content rolls out under the same tag. */
const CONTENT = 'catnap.dev/test-image';

/** Labels of a namespace that refuses pods which are not restricted. */
export const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };

/** The namespace of the release. */
export function systemNamespace(): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: RELEASE.namespace, labels: RESTRICTED },
  };
}

/** A Service with the address and ports of another, which the release takes over as if Helm had made it. */
export function reservation({ metadata, spec }: Service): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: metadata?.name,
      namespace: metadata?.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        'meta.helm.sh/release-name': RELEASE.name,
        'meta.helm.sh/release-namespace': RELEASE.namespace,
      },
    },
    spec: { clusterIP: spec?.clusterIP, ports: spec?.ports },
  };
}

/** Values for images that only the nodes have. */
export function valuesFor({ version, digests }: ProvidedImages): Record<string, unknown> {
  const content = (repository: string) => ({ [CONTENT]: digests[`${repository}:${version}`] ?? '' });
  return {
    image: { registry: '', tag: version },
    operator: { podAnnotations: content('catnap-operator') },
    gateway: { podAnnotations: content('catnap-gateway') },
    redis: { image: { registry: '', repository: 'catnap-test-redis', tag: '1' } },
  };
}
