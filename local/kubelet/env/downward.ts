/** Values of the downward API: fields of the pod and resources of its containers. */
import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from 'kubernetes-types/core/v1.js';
import { ConfigError } from '#kube/env/config-error.ts';
import { parseQuantity } from './quantity.ts';

export interface NodeFacts {
  nodeName: string;
  hostIp: string;
  /** What a container without a limit may use. */
  capacity: { cpu: number; memoryBytes: number };
}

export interface PodFacts extends NodeFacts {
  podIp: string;
}

const KEYED = /^metadata\.(labels|annotations)\['(.+)'\]$/;

/** The value of a fieldRef; throws {@link ConfigError} for a field that is not offered. */
export function fieldValue(pod: Pod, facts: PodFacts, selector: ObjectFieldSelector): string {
  const path = selector.fieldPath;
  const keyed = KEYED.exec(path);
  if (keyed) return pod.metadata?.[keyed[1] as 'labels' | 'annotations']?.[keyed[2] as string] ?? '';
  const read = FIELDS[path];
  if (!read) throw new ConfigError(`fieldRef.fieldPath ${JSON.stringify(path)} is not supported`);
  return read(pod, facts);
}

const FIELDS: Record<string, (pod: Pod, facts: PodFacts) => string> = {
  'metadata.name': (pod) => pod.metadata?.name ?? '',
  'metadata.namespace': (pod) => pod.metadata?.namespace ?? '',
  'metadata.uid': (pod) => pod.metadata?.uid ?? '',
  'metadata.labels': (pod) => formatMap(pod.metadata?.labels),
  'metadata.annotations': (pod) => formatMap(pod.metadata?.annotations),
  'spec.nodeName': (_pod, facts) => facts.nodeName,
  'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? 'default',
  'status.hostIP': (_pod, facts) => facts.hostIp,
  'status.hostIPs': (_pod, facts) => facts.hostIp,
  'status.podIP': (_pod, facts) => facts.podIp,
  'status.podIPs': (_pod, facts) => facts.podIp,
};

function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** The value of a resourceFieldRef, rounded up to whole divisors. */
export function resourceValue(
  pod: Pod,
  facts: NodeFacts,
  selector: ResourceFieldSelector,
  own?: Container,
): string {
  const { containerName, resource } = selector;
  const everyone = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const container = containerName ? everyone.find((one) => one.name === containerName) : own;
  if (!container) {
    throw new ConfigError(
      `resourceFieldRef.containerName ${JSON.stringify(containerName ?? '')} is not a container`,
    );
  }
  const dot = resource.indexOf('.');
  const [list, name] = [resource.slice(0, dot), resource.slice(dot + 1)];
  if ((list !== 'limits' && list !== 'requests') || !name) {
    throw new ConfigError(`resourceFieldRef.resource ${JSON.stringify(resource)} is not supported`);
  }
  const given = parseQuantity(container.resources?.[list]?.[name]);
  const amount = given ?? (list === 'limits' ? capacityOf(facts, name) : 0);
  const divisor = parseQuantity(selector.divisor) || 1;
  return String(Math.ceil(Number((amount / divisor).toFixed(6))));
}

function capacityOf(facts: NodeFacts, name: string): number {
  if (name === 'cpu') return facts.capacity.cpu;
  return name === 'memory' ? facts.capacity.memoryBytes : 0;
}
