/**
 * What the generated models do not tell: how lists merge, which maps are owned as one, which strings are
 * quantities, and defaults that are part of a type. Keys are MODEL or MODEL.FIELD.
 */
import type { JSONSchema } from '../types.ts';

/** Lists of objects by key: the list-map keys; the first is the merge key of strategic merge patches. */
const LIST_MAPS: Record<string, string> = {
  'V1DeploymentStatus.conditions': 'type',
  'V1ReplicaSetStatus.conditions': 'type',
  'V1Container.env': 'name',
  'V1Container.ports': 'containerPort protocol',
  'V1Container.volumeDevices': 'devicePath',
  'V1Container.volumeMounts': 'mountPath',
  'V1ContainerStatus.allocatedResourcesStatus': 'name',
  'V1ContainerStatus.volumeMounts': 'mountPath',
  'V1EphemeralContainer.env': 'name',
  'V1EphemeralContainer.ports': 'containerPort protocol',
  'V1EphemeralContainer.volumeDevices': 'devicePath',
  'V1EphemeralContainer.volumeMounts': 'mountPath',
  'V1NamespaceStatus.conditions': 'type',
  'V1NodeStatus.addresses': 'type',
  'V1NodeStatus.conditions': 'type',
  'V1PersistentVolumeClaimStatus.conditions': 'type',
  'V1PodSpec.containers': 'name',
  'V1PodSpec.ephemeralContainers': 'name',
  'V1PodSpec.hostAliases': 'ip',
  'V1PodSpec.imagePullSecrets': 'name',
  'V1PodSpec.initContainers': 'name',
  'V1PodSpec.resourceClaims': 'name',
  'V1PodSpec.schedulingGates': 'name',
  'V1PodSpec.topologySpreadConstraints': 'topologyKey whenUnsatisfiable',
  'V1PodSpec.volumes': 'name',
  'V1PodStatus.conditions': 'type',
  'V1PodStatus.podIPs': 'ip',
  'V1PodStatus.resourceClaimStatuses': 'name',
  'V1ServiceAccount.secrets': 'name',
  'V1ServiceSpec.ports': 'port protocol',
  'V1ServiceStatus.conditions': 'type',
  'V1PodDisruptionBudgetStatus.conditions': 'type',
  'V1ObjectMeta.ownerReferences': 'uid',
};

/** Lists by key that strategic merge patches still replace. */
const LIST_MAPS_NOT_MERGED: Record<string, string> = {
  'V1ResourceRequirements.claims': 'name',
  'V1ResourceStatus.resources': 'resourceID',
  'V1CustomResourceDefinitionStatus.conditions': 'type',
};

const FIELDS: Record<string, JSONSchema> = {
  'V1ObjectMeta.finalizers': { 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' },
  'V1NodeSpec.podCIDRs': { 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' },
  'V1Endpoint.addresses': { 'x-kubernetes-list-type': 'set' },
  'V1ContainerRestartRuleOnExitCodes.values': { 'x-kubernetes-list-type': 'set' },
  'V1PodStatus.hostIPs': {
    'x-kubernetes-list-type': 'atomic',
    'x-kubernetes-patch-strategy': 'merge',
    'x-kubernetes-patch-merge-key': 'ip',
  },
  'V1PodSpec.nodeSelector': { 'x-kubernetes-map-type': 'atomic' },
  'V1ServiceSpec.selector': { 'x-kubernetes-map-type': 'atomic' },
  'V1DeploymentSpec.strategy': { 'x-kubernetes-patch-strategy': 'retainKeys' },
  'V1PodDisruptionBudgetSpec.selector': { 'x-kubernetes-patch-strategy': 'replace' },
  'V1ContainerPort.protocol': { default: 'TCP' },
  'V1ServicePort.protocol': { default: 'TCP' },
  'V1ManagedFieldsEntry.fieldsV1': { type: 'object' },
};

/** Lists by key whose items are unions: a patch names the keys that stay. */
const RETAIN_KEYS = new Set([
  'V1PodSpec.volumes',
  'V1PodSpec.resourceClaims',
  'V1PodStatus.resourceClaimStatuses',
]);

/** Structs that have one owner as a whole. */
const ATOMIC_MODELS = new Set([
  'V1CrossVersionObjectReference',
  'V1ConfigMapKeySelector',
  'V1EndpointAddress',
  'CoreV1EndpointPort',
  'DiscoveryV1EndpointPort',
  'V1FileKeySelector',
  'V1LabelSelector',
  'V1LocalObjectReference',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1ObjectFieldSelector',
  'V1ObjectReference',
  'V1OwnerReference',
  'V1ResourceFieldSelector',
  'V1RoleRef',
  'V1ScopeSelector',
  'V1SecretKeySelector',
  'V1SecretReference',
  'RbacV1Subject',
  'V1TypedLocalObjectReference',
]);

/** Fields, or values of maps, that are quantities: strings or numbers. */
const QUANTITIES = new Set([
  'V1ContainerStatus.allocatedResources',
  'V1EmptyDirVolumeSource.sizeLimit',
  'V1NodeStatus.allocatable',
  'V1NodeStatus.capacity',
  'V1PersistentVolumeClaimStatus.allocatedResources',
  'V1PersistentVolumeClaimStatus.capacity',
  'V1PodSpec.overhead',
  'V1PodStatus.allocatedResources',
  'V1ResourceFieldSelector.divisor',
  'V1ResourceRequirements.limits',
  'V1ResourceRequirements.requests',
  'V1VolumeResourceRequirements.limits',
  'V1VolumeResourceRequirements.requests',
]);

const BYTES = new Set([
  'V1ConfigMap.binaryData',
  'V1Secret.data',
  'ApiextensionsV1WebhookClientConfig.caBundle',
]);

/** Fields of newer releases than the one that is served. */
const TOO_NEW = new Set([
  'V1PodSpec.schedulingGroup',
  'V1PodStatus.nodeAllocatableResourceClaimStatuses',
  'V1ResourceHealth.message',
  'V1VolumeMountStatus.volumeStatus',
]);

/** Whether a field of a model is served. */
export function isServed(model: string, field: string): boolean {
  return !TOO_NEW.has(`${model}.${field}`);
}

/** What a model as a whole is marked with. */
export function modelMarkers(model: string): JSONSchema {
  return ATOMIC_MODELS.has(model) ? { 'x-kubernetes-map-type': 'atomic' } : {};
}

/** What a field is marked with. */
export function fieldMarkers(model: string, field: string): JSONSchema {
  const key = `${model}.${field}`;
  const merged = LIST_MAPS[key];
  if (merged !== undefined) return { ...listMap(merged), ...mergeMarkers(key, merged), ...FIELDS[key] };
  const unmerged = LIST_MAPS_NOT_MERGED[key];
  return unmerged === undefined ? (FIELDS[key] ?? {}) : listMap(unmerged);
}

function listMap(keys: string): JSONSchema {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys.split(' ') };
}

function mergeMarkers(key: string, keys: string): JSONSchema {
  return {
    'x-kubernetes-patch-strategy': RETAIN_KEYS.has(key) ? 'merge,retainKeys' : 'merge',
    'x-kubernetes-patch-merge-key': keys.split(' ')[0],
  };
}

/** The schema of a string field, or of the strings in it, which the models leave plain. */
export function stringSchema(model: string, field: string): JSONSchema {
  const key = `${model}.${field}`;
  if (QUANTITIES.has(key)) return { format: 'quantity', 'x-kubernetes-int-or-string': true };
  return BYTES.has(key) ? { type: 'string', format: 'byte' } : { type: 'string' };
}

/** Lists that are written also when empty. All other empty lists and maps are left out. */
const KEPT_EMPTY = new Set([
  'V1ProjectedVolumeSource.sources',
  'V1NodeSelector.nodeSelectorTerms',
  'V1PodSpec.containers',
  'V1EndpointSlice.endpoints',
  'V1EndpointSlice.ports',
  'V1Endpoint.addresses',
  'V1PolicyRule.verbs',
  'V1Role.rules',
  'V1ClusterRole.rules',
  'V1CustomResourceDefinitionSpec.versions',
  'V1CustomResourceDefinitionStatus.conditions',
  'V1CustomResourceDefinitionStatus.storedVersions',
]);

/** Scalars that are left out when they are 0, false or empty: Go does not tell these from absent. */
const OMITTED_ZEROS = new Set(
  [
    'V1ContainerPort.hostPort V1ContainerPort.hostIP V1ContainerPort.name',
    'V1VolumeMount.readOnly V1VolumeMount.subPath V1VolumeMount.subPathExpr',
    'V1Probe.initialDelaySeconds V1Probe.timeoutSeconds V1Probe.periodSeconds',
    'V1Probe.successThreshold V1Probe.failureThreshold',
    'V1Container.stdin V1Container.stdinOnce V1Container.tty V1Container.workingDir',
    'V1EnvVar.value V1EnvFromSource.prefix',
    'V1PodSpec.hostNetwork V1PodSpec.hostPID V1PodSpec.hostIPC V1PodSpec.nodeName V1PodSpec.hostname',
    'V1PodSpec.subdomain V1PodSpec.priorityClassName V1PodSpec.serviceAccount V1PodSpec.serviceAccountName',
    'V1PodStatus.observedGeneration V1PodStatus.message V1PodStatus.reason V1PodStatus.podIP V1PodStatus.hostIP',
    'V1PodCondition.message V1PodCondition.reason V1PodCondition.observedGeneration',
    'V1ContainerStateTerminated.signal V1ContainerStateTerminated.message V1ContainerStateTerminated.reason',
    'V1ContainerStateWaiting.message V1ContainerStateWaiting.reason',
    'V1ServiceSpec.healthCheckNodePort V1ServiceSpec.publishNotReadyAddresses V1ServiceSpec.loadBalancerIP',
    'V1ServiceSpec.externalName V1ServiceSpec.clusterIP V1ServicePort.nodePort V1ServicePort.name',
    'V1NodeSpec.unschedulable V1NodeSpec.podCIDR V1NodeSpec.providerID V1Taint.value',
    'CoreV1Event.count CoreV1Event.message CoreV1Event.reason CoreV1Event.type CoreV1Event.action',
    'EventsV1Event.deprecatedCount EventsV1Event.note EventsV1Event.reason EventsV1Event.type EventsV1Event.action',
    'V1DeploymentSpec.minReadySeconds V1DeploymentSpec.paused V1ReplicaSetSpec.minReadySeconds',
    'V1DeploymentStatus.observedGeneration V1DeploymentStatus.replicas V1DeploymentStatus.updatedReplicas',
    'V1DeploymentStatus.readyReplicas V1DeploymentStatus.availableReplicas V1DeploymentStatus.unavailableReplicas',
    'V1ReplicaSetStatus.fullyLabeledReplicas V1ReplicaSetStatus.readyReplicas V1ReplicaSetStatus.availableReplicas',
    'V1ReplicaSetStatus.observedGeneration V1ObjectMeta.generateName V1ObjectMeta.namespace V1ObjectMeta.name',
    'V1ObjectMeta.uid V1ObjectMeta.resourceVersion V1ObjectMeta.generation V1ObjectMeta.selfLink V1Secret.type',
    'V1ScaleSpec.replicas V1ScaleStatus.selector',
  ].flatMap((line) => line.split(' ')),
);

/** Whether an empty list, an empty map or a zero at this field is the same as none. */
export function omitsZero(model: string, field: string, schema: JSONSchema): boolean {
  const key = `${model}.${field}`;
  const isMap = schema.type === 'object' && typeof schema.additionalProperties === 'object';
  if (schema.type === 'array' || isMap) return !KEPT_EMPTY.has(key);
  return OMITTED_ZEROS.has(key);
}
