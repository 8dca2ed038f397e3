/** The built-in kinds that the embedded API server knows, and the generated model of each. */

const MODELS: Record<string, Record<string, string>> = {
  '/v1': {
    Namespace: 'V1Namespace',
    Node: 'V1Node',
    Pod: 'V1Pod',
    PodTemplate: 'V1PodTemplate',
    Service: 'V1Service',
    Endpoints: 'V1Endpoints',
    ConfigMap: 'V1ConfigMap',
    Secret: 'V1Secret',
    ServiceAccount: 'V1ServiceAccount',
    Event: 'CoreV1Event',
    PersistentVolumeClaim: 'V1PersistentVolumeClaim',
  },
  'apps/v1': { Deployment: 'V1Deployment', ReplicaSet: 'V1ReplicaSet' },
  'autoscaling/v1': { Scale: 'V1Scale' },
  'coordination.k8s.io/v1': { Lease: 'V1Lease' },
  'events.k8s.io/v1': { Event: 'EventsV1Event' },
  'discovery.k8s.io/v1': { EndpointSlice: 'V1EndpointSlice' },
  'apiextensions.k8s.io/v1': { CustomResourceDefinition: 'V1CustomResourceDefinition' },
  'rbac.authorization.k8s.io/v1': {
    Role: 'V1Role',
    RoleBinding: 'V1RoleBinding',
    ClusterRole: 'V1ClusterRole',
    ClusterRoleBinding: 'V1ClusterRoleBinding',
  },
  'networking.k8s.io/v1': { NetworkPolicy: 'V1NetworkPolicy' },
  'policy/v1': { PodDisruptionBudget: 'V1PodDisruptionBudget' },
};

/** metav1 types that requests and answers consist of; they exist in every group and version. */
const META_MODELS: Record<string, string> = {
  Status: 'V1Status',
  DeleteOptions: 'V1DeleteOptions',
  APIGroup: 'V1APIGroup',
  APIGroupList: 'V1APIGroupList',
  APIResourceList: 'V1APIResourceList',
};

/** The model of a kind; undefined for kinds that are not built in. */
export function modelOf(group: string, version: string, kind: string): string | undefined {
  const models = MODELS[`${group}/${version}`];
  return models?.[kind] ?? (version === 'v1' ? META_MODELS[kind] : undefined);
}
