/**
 * What a cluster holds from the start besides what Kubernetes makes itself: names, volumes and who may
 * serve them.
 */
import type { Service } from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from 'kubernetes-types/rbac/v1.js';
import type { StorageClass } from 'kubernetes-types/storage/v1.js';
import type { KubeClient, KubeObject, ResourceType } from '#kube/client.ts';
import { endpointSlices, resourceType, services } from '#kube/resource.ts';
import { controlPlane, DNS_SERVICE } from '../plan/addresses.ts';
import { PROVISIONER, STORAGE_CLASS } from '../provisioner/volume.ts';

const clusterRoles = resourceType<ClusterRole>(
  'rbac.authorization.k8s.io/v1',
  'ClusterRole',
  'clusterroles',
  'Cluster',
);
const clusterRoleBindings = resourceType<ClusterRoleBinding>(
  'rbac.authorization.k8s.io/v1',
  'ClusterRoleBinding',
  'clusterrolebindings',
  'Cluster',
);
const storageClasses = resourceType<StorageClass>(
  'storage.k8s.io/v1',
  'StorageClass',
  'storageclasses',
  'Cluster',
);

const read = ['get', 'list', 'watch'];

const permissions: Record<string, PolicyRule[]> = {
  'catnap:dns': [
    { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: read },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  ],
  'catnap:provisioner': [
    { apiGroups: [''], resources: ['persistentvolumeclaims', 'nodes'], verbs: read },
    { apiGroups: [''], resources: ['persistentvolumes'], verbs: [...read, 'create', 'delete'] },
    { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: read },
  ],
};

export async function applyObjects(client: Pick<KubeClient, 'apply'>): Promise<void> {
  const apply = <T extends KubeObject>(type: ResourceType<T>, object: T) =>
    client.apply(type, object, { fieldManager: 'catnap-test-cluster' });
  for (const [user, rules] of Object.entries(permissions)) {
    await apply(clusterRoles, { metadata: { name: user }, rules });
    await apply(clusterRoleBindings, bindingTo(user));
  }
  await apply(storageClasses, storageClass);
  await apply(services, dnsService);
  await apply(endpointSlices, dnsEndpoints);
}

function bindingTo(user: string): ClusterRoleBinding {
  return {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  };
}

const storageClass: StorageClass = {
  metadata: {
    name: STORAGE_CLASS,
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  // A directory belongs to one node, so the pod's node must be known first.
  volumeBindingMode: 'WaitForFirstConsumer',
};

const dnsPorts = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
];

/** As every cluster has it, but without a selector: the name server is a process of the machine, not a pod. */
const dnsService: Service = {
  metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
  spec: { clusterIP: DNS_SERVICE, ports: dnsPorts },
};

const dnsEndpoints: EndpointSlice = {
  metadata: {
    name: 'kube-dns',
    namespace: 'kube-system',
    labels: { 'kubernetes.io/service-name': 'kube-dns' },
  },
  addressType: 'IPv4',
  endpoints: [{ addresses: [controlPlane.address], conditions: { ready: true } }],
  ports: dnsPorts,
};
