import type { CustomResourceDefinition } from 'kubernetes-types/apiextensions/v1.js';
import type { KubeClient } from '#kube/client.ts';
import type { KubeObject, ResourceType } from '#kube/resource.ts';
import * as kinds from '#kube/resource.ts';

const { resourceType } = kinds;

/** Built-in namespaced kinds of the embedded API server that objects can live in and own others. */
const builtIn: ResourceType<KubeObject>[] = [
  kinds.deployments,
  kinds.replicaSets,
  kinds.pods,
  kinds.services,
  kinds.endpointSlices,
  kinds.configMaps,
  kinds.secrets,
  kinds.serviceAccounts,
  kinds.leases,
  kinds.coreEvents,
  resourceType('v1', 'Endpoints', 'endpoints'),
  resourceType('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  resourceType('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  resourceType('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  resourceType('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  resourceType('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
];

/** Every namespaced kind that is served now, custom resources included. */
export async function namespacedKinds(client: KubeClient): Promise<ResourceType<KubeObject>[]> {
  const { items } = await client.list(kinds.customResourceDefinitions);
  return [...builtIn, ...items.flatMap(customKind)];
}

/** The storage version of a namespaced custom resource that is established; else nothing. */
export function customKind(definition: CustomResourceDefinition): ResourceType<KubeObject>[] {
  const { group, names, scope, versions } = definition.spec;
  const established = definition.status?.conditions?.some(
    ({ type, status }) => type === 'Established' && status === 'True',
  );
  const stored = versions.find(({ storage, served }) => storage && served);
  return established && stored && scope === 'Namespaced'
    ? [resourceType(`${group}/${stored.name}`, names.kind, names.plural)]
    : [];
}

/** The built-in kinds whose objects have owners or dependents, for the garbage collector. */
export const collectedKinds = builtIn.filter((kind) => kind !== kinds.coreEvents);
