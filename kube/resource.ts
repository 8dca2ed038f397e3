/** The kinds that Catnap reads and writes, as the REST API addresses them. */

import type { CustomResourceDefinition } from 'kubernetes-types/apiextensions/v1.js';
import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1.js';
import type { Lease } from 'kubernetes-types/coordination/v1.js';
import type {
  ConfigMap,
  Event as CoreEvent,
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
  ServiceAccount,
} from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import type { Event } from 'kubernetes-types/events/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { API_GROUP, API_VERSION } from '#crds/wire/names.ts';

/** What every Kubernetes object has. Objects are the raw JSON of the API; timestamps are strings. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** Where a kind lives in the REST API. `group` is empty for the core group. */
export interface ResourceType<T extends KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: carries the object's type for inference. */
  readonly object?: T;
}

export interface ObjectRef {
  namespace?: string;
  name: string;
}

/** Builds a {@link ResourceType}; namespaced unless `scope` says otherwise. */
export function resourceType<T extends KubeObject>(
  groupVersion: string,
  kind: string,
  plural: string,
  scope: 'Namespaced' | 'Cluster' = 'Namespaced',
): ResourceType<T> {
  const slash = groupVersion.indexOf('/');
  return Object.freeze({
    group: slash < 0 ? '' : groupVersion.slice(0, slash),
    version: groupVersion.slice(slash + 1),
    kind,
    plural,
    namespaced: scope === 'Namespaced',
  });
}

export const functions = resourceType<CatnapFunction>(`${API_GROUP}/${API_VERSION}`, 'Function', 'functions');

export const deployments = resourceType<Deployment>('apps/v1', 'Deployment', 'deployments');
export const replicaSets = resourceType<ReplicaSet>('apps/v1', 'ReplicaSet', 'replicasets');

export const pods = resourceType<Pod>('v1', 'Pod', 'pods');
export const services = resourceType<Service>('v1', 'Service', 'services');
export const configMaps = resourceType<ConfigMap>('v1', 'ConfigMap', 'configmaps');
export const secrets = resourceType<Secret>('v1', 'Secret', 'secrets');
export const serviceAccounts = resourceType<ServiceAccount>('v1', 'ServiceAccount', 'serviceaccounts');
export const namespaces = resourceType<Namespace>('v1', 'Namespace', 'namespaces', 'Cluster');
export const nodes = resourceType<Node>('v1', 'Node', 'nodes', 'Cluster');
/** The older form of events, which `kubectl describe` reads; write {@link events}. */
export const coreEvents = resourceType<CoreEvent>('v1', 'Event', 'events');

export const endpointSlices = resourceType<EndpointSlice>(
  'discovery.k8s.io/v1',
  'EndpointSlice',
  'endpointslices',
);
export const networkPolicies = resourceType<NetworkPolicy>(
  'networking.k8s.io/v1',
  'NetworkPolicy',
  'networkpolicies',
);
export const leases = resourceType<Lease>('coordination.k8s.io/v1', 'Lease', 'leases');
export const events = resourceType<Event>('events.k8s.io/v1', 'Event', 'events');
export const customResourceDefinitions = resourceType<CustomResourceDefinition>(
  'apiextensions.k8s.io/v1',
  'CustomResourceDefinition',
  'customresourcedefinitions',
  'Cluster',
);

/** `group/version`, or `version` in the core group: the `apiVersion` of the kind's objects. */
export function apiVersionOf(type: ResourceType<KubeObject>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/**
 * The path of a collection or an object below the server's address.
 *
 * @throws TypeError when a namespaced object is named without its namespace, or a name is empty.
 */
export function resourcePath(
  type: ResourceType<KubeObject>,
  at: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const base = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope =
    type.namespaced && at.namespace !== undefined && at.namespace !== ''
      ? `/namespaces/${encodeURIComponent(at.namespace)}`
      : '';
  if (at.name === undefined) return `${base}${scope}/${type.plural}`;
  if (at.name === '') throw new TypeError(`${type.kind}: the object's name is empty`);
  if (type.namespaced && scope === '') {
    throw new TypeError(`${type.kind} ${at.name}: the object's namespace is missing`);
  }
  const subresource = at.subresource === undefined ? '' : `/${at.subresource}`;
  return `${base}${scope}/${type.plural}/${encodeURIComponent(at.name)}${subresource}`;
}

/** `namespace/name`, or `name` for objects without a namespace: the key of caches and queues. */
export function objectKey(object: KubeObject): string {
  return keyOf(object.metadata?.namespace, object.metadata?.name ?? '');
}

/** The {@link objectKey} of the object with this namespace and name. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Namespace and name of an object, to address it with. */
export function refOf(object: KubeObject): ObjectRef {
  return { namespace: object.metadata?.namespace, name: object.metadata?.name ?? '' };
}
