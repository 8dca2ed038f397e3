/** The resources that are served without any definition. */
import { recordAt } from '../core/objects.ts';
import { formatSelector } from '../requests/label-selector.ts';
import * as configuration from '../tables/configuration.ts';
import { plainTable } from '../tables/custom.ts';
import { eventTable } from '../tables/events.ts';
import * as network from '../tables/network.ts';
import { nodeTable } from '../tables/nodes.ts';
import { podTable } from '../tables/pods.ts';
import type { TableDefinition } from '../tables/table.ts';
import * as workloads from '../tables/workloads.ts';
import { modernEvents } from './event-conversion.ts';
import { ALL_VERBS, type Resource, type ScalePaths, type Strategy } from './resource.ts';
import { builtinSchemaOf } from './schemas.ts';
import * as fields from './selectable-fields.ts';
import { builtinStrategy } from './strategies/base.ts';
import { definitionStrategy } from './strategies/definitions.ts';
import { namespaceStrategy } from './strategies/namespaces.ts';
import { podStrategy } from './strategies/pods.ts';
import { serviceStrategy } from './strategies/services.ts';

interface BuiltinEntry {
  kind: string;
  plural: string;
  shortNames?: string[];
  categories?: string[];
  cluster?: true;
  subresources?: string[];
  scale?: ScalePaths;
  strategy?: Partial<Strategy>;
  columns?: TableDefinition;
  selectable?: Resource['selectable'];
  bucket?: string;
  convert?: Resource['convert'];
}

const podScale: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: (object) => formatSelector(recordAt(object, 'spec', 'selector')),
  defaultReplicas: 1,
};

const workload = (kind: string, plural: string, shortName: string): BuiltinEntry => ({
  kind,
  plural,
  shortNames: [shortName],
  categories: ['all'],
  subresources: ['status', 'scale'],
  scale: podScale,
  strategy: { hasGeneration: true },
});

const rbac = (kind: string, plural: string, columns: TableDefinition, cluster?: true): BuiltinEntry => ({
  kind,
  plural,
  columns,
  ...(cluster ? { cluster } : {}),
  strategy: { allowCreateOnUpdate: true },
});

const CORE: BuiltinEntry[] = [
  {
    kind: 'Namespace',
    plural: 'namespaces',
    shortNames: ['ns'],
    cluster: true,
    subresources: ['status', 'finalize'],
    strategy: namespaceStrategy,
    columns: configuration.namespaceTable,
    selectable: fields.namespaceFields,
  },
  {
    kind: 'Node',
    plural: 'nodes',
    shortNames: ['no'],
    cluster: true,
    subresources: ['status'],
    strategy: { keepsStatusOnCreate: true, statusTakesMetadata: true },
    columns: nodeTable,
    selectable: fields.nodeFields,
  },
  {
    kind: 'Pod',
    plural: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['status', 'log', 'binding', 'eviction'],
    strategy: podStrategy,
    columns: podTable,
    selectable: fields.podFields,
  },
  {
    kind: 'Service',
    plural: 'services',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: ['status'],
    strategy: serviceStrategy,
    columns: network.serviceTable,
    selectable: fields.serviceFields,
  },
  {
    kind: 'Endpoints',
    plural: 'endpoints',
    shortNames: ['ep'],
    strategy: { allowCreateOnUpdate: true },
    columns: network.endpointsTable,
  },
  {
    kind: 'ConfigMap',
    plural: 'configmaps',
    shortNames: ['cm'],
    columns: configuration.configMapTable,
  },
  {
    kind: 'Secret',
    plural: 'secrets',
    columns: configuration.secretTable,
    selectable: fields.secretFields,
  },
  {
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    shortNames: ['sa'],
    strategy: { returnsDeletedObject: true },
    columns: configuration.serviceAccountTable,
  },
  {
    kind: 'Event',
    plural: 'events',
    shortNames: ['ev'],
    strategy: { allowCreateOnUpdate: true },
    columns: eventTable,
    selectable: fields.coreEventFields,
  },
  {
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    shortNames: ['pvc'],
    subresources: ['status'],
    strategy: {
      statusTakesMetadata: true,
      returnsDeletedObject: true,
      prepareCreate: (claim) => ({ ...claim, status: { phase: 'Pending' } }),
    },
    columns: configuration.claimTable,
  },
];

const GROUPS: { group: string; version: string; entries: BuiltinEntry[] }[] = [
  { group: '', version: 'v1', entries: CORE },
  {
    group: 'apps',
    version: 'v1',
    entries: [
      { ...workload('Deployment', 'deployments', 'deploy'), columns: workloads.deploymentTable },
      {
        ...workload('ReplicaSet', 'replicasets', 'rs'),
        columns: workloads.replicaSetTable,
        selectable: fields.replicaSetFields,
      },
    ],
  },
  {
    group: 'events.k8s.io',
    version: 'v1',
    entries: [
      {
        kind: 'Event',
        plural: 'events',
        shortNames: ['ev'],
        strategy: { allowCreateOnUpdate: true },
        columns: eventTable,
        selectable: fields.eventFields,
        bucket: 'events',
        convert: modernEvents,
      },
    ],
  },
  {
    group: 'coordination.k8s.io',
    version: 'v1',
    entries: [
      {
        kind: 'Lease',
        plural: 'leases',
        strategy: { allowCreateOnUpdate: true, allowUnconditionalUpdate: false },
        columns: configuration.leaseTable,
      },
    ],
  },
  {
    group: 'discovery.k8s.io',
    version: 'v1',
    entries: [{ kind: 'EndpointSlice', plural: 'endpointslices', columns: network.endpointSliceTable }],
  },
  {
    group: 'networking.k8s.io',
    version: 'v1',
    entries: [
      {
        kind: 'NetworkPolicy',
        plural: 'networkpolicies',
        shortNames: ['netpol'],
        strategy: { hasGeneration: true },
        columns: network.networkPolicyTable,
      },
    ],
  },
  {
    group: 'policy',
    version: 'v1',
    entries: [
      {
        kind: 'PodDisruptionBudget',
        plural: 'poddisruptionbudgets',
        shortNames: ['pdb'],
        subresources: ['status'],
        strategy: { hasGeneration: true, allowUnconditionalUpdate: false },
        columns: workloads.disruptionBudgetTable,
      },
    ],
  },
  {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    entries: [
      rbac('ClusterRole', 'clusterroles', configuration.roleTable, true),
      rbac('ClusterRoleBinding', 'clusterrolebindings', configuration.roleBindingTable, true),
      rbac('Role', 'roles', configuration.roleTable),
      rbac('RoleBinding', 'rolebindings', configuration.roleBindingTable),
    ],
  },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    entries: [
      {
        kind: 'CustomResourceDefinition',
        plural: 'customresourcedefinitions',
        shortNames: ['crd', 'crds'],
        categories: ['api-extensions'],
        cluster: true,
        subresources: ['status'],
        strategy: definitionStrategy,
        columns: configuration.definitionTable,
        selectable: fields.clusterFields,
      },
    ],
  },
];

/** A fresh list of all built-in resources. */
export function builtinResources(): Resource[] {
  return GROUPS.flatMap(({ group, version, entries }) =>
    entries.map((entry) => toResource(group, version, entry)),
  );
}

function toResource(group: string, version: string, entry: BuiltinEntry): Resource {
  const { kind, plural, cluster } = entry;
  return {
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: entry.shortNames ?? [],
    categories: entry.categories ?? [],
    namespaced: !cluster,
    bucket: entry.bucket ?? (group ? `${plural}.${group}` : plural),
    verbs: ALL_VERBS,
    subresources: entry.subresources ?? [],
    ...(entry.scale ? { scale: entry.scale } : {}),
    custom: false,
    selectable: entry.selectable ?? (cluster ? fields.clusterFields : fields.namespacedFields),
    columns: entry.columns ?? plainTable,
    strategy: builtinStrategy({ group, version, kind }, entry.strategy),
    schema: () => builtinSchemaOf({ group, version, kind }),
    ...(entry.convert ? { convert: entry.convert } : {}),
  };
}
