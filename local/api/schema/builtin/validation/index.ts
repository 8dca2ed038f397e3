/** Validation of built-in kinds. */
import { compileDefinition } from '../../crd/index.ts';
import type { JsonObject } from '../../json.ts';
import { type NameCheck, validateMetadata } from '../../metadata.ts';
import { dns1035Problems, dnsLabelProblems, pathSegmentProblems } from '../../names.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import { validateTypes } from '../../validate/types-only.ts';
import { builtinSchema } from '../index.ts';
import { configMapErrors, secretErrors } from './config.ts';
import {
  bindingErrors,
  budgetErrors,
  claimErrors,
  coreEventErrors,
  eventErrors,
  leaseErrors,
  namespaceErrors,
  networkPolicyErrors,
  nodeErrors,
  roleErrors,
} from './others.ts';
import { podErrors } from './pod.ts';
import { endpointSliceErrors, endpointsErrors, serviceErrors } from './service.ts';
import { deploymentErrors, replicaSetErrors } from './workloads.ts';

interface KindRules {
  clusterScoped?: true;
  name?: NameCheck;
  check?: (object: JsonObject, old?: JsonObject) => FieldError[];
}

const RBAC = 'rbac.authorization.k8s.io';
const anyKindOfRole = ['Role', 'ClusterRole'];

const kinds: Record<string, KindRules> = {
  '/Namespace': { clusterScoped: true, name: dnsLabelProblems, check: namespaceErrors },
  '/Node': { clusterScoped: true, check: nodeErrors },
  '/Pod': { check: podErrors },
  '/Service': { name: dns1035Problems, check: serviceErrors },
  '/Endpoints': { check: endpointsErrors },
  '/ConfigMap': { check: configMapErrors },
  '/Secret': { check: secretErrors },
  '/ServiceAccount': {},
  '/Event': { check: coreEventErrors },
  '/PersistentVolumeClaim': { check: claimErrors },
  'apps/Deployment': { check: deploymentErrors },
  'apps/ReplicaSet': { check: replicaSetErrors },
  'coordination.k8s.io/Lease': { check: leaseErrors },
  'events.k8s.io/Event': { check: eventErrors },
  'discovery.k8s.io/EndpointSlice': { check: endpointSliceErrors },
  'apiextensions.k8s.io/CustomResourceDefinition': { clusterScoped: true, check: definitionErrors },
  [`${RBAC}/Role`]: { name: pathSegmentProblems, check: (role) => roleErrors(role, true) },
  [`${RBAC}/ClusterRole`]: {
    clusterScoped: true,
    name: pathSegmentProblems,
    check: (role) => roleErrors(role, false),
  },
  [`${RBAC}/RoleBinding`]: {
    name: pathSegmentProblems,
    check: (binding, old) => bindingErrors(binding, old, anyKindOfRole),
  },
  [`${RBAC}/ClusterRoleBinding`]: {
    clusterScoped: true,
    name: pathSegmentProblems,
    check: (binding, old) => bindingErrors(binding, old, ['ClusterRole']),
  },
  'networking.k8s.io/NetworkPolicy': { check: networkPolicyErrors },
  'policy/PodDisruptionBudget': { check: budgetErrors },
};

function definitionErrors(definition: JsonObject): FieldError[] {
  return compileDefinition(definition as KubeObject).errors;
}

/**
 * Everything that is wrong with a built-in object whose defaults are filled in; `old` is the stored object on
 * updates. Values of the wrong JSON type are reported alone, since nothing else can be told of such an object.
 */
export function validateBuiltin(
  group: string,
  kind: string,
  obj: KubeObject,
  old?: KubeObject,
): FieldError[] {
  const version =
    String(obj.apiVersion ?? '')
      .split('/')
      .at(-1) ?? 'v1';
  const schema = builtinSchema(group, version, kind);
  const typed = schema === undefined ? [] : validateTypes(schema, obj);
  if (typed.length > 0) return typed;
  const { clusterScoped, name, check } = kinds[`${group}/${kind}`] ?? {};
  return [
    ...validateMetadata(obj, { namespaced: !clusterScoped, ...(name ? { name } : {}) }, old),
    ...(check?.(obj as JsonObject, old as JsonObject | undefined) ?? []),
  ];
}
