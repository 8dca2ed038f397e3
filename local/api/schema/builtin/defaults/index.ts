/** What the real server fills in when a built-in object is read. */
import { clone, isObject, type JsonObject } from '../../json.ts';
import type { KubeObject } from '../../types.ts';
import { ensureObject, isSet, objectAt, objectsAt, setDefault, textAt } from '../access.ts';
import { builtinSchema } from '../index.ts';
import { normalize } from '../normalize.ts';
import { defaultPod } from './pod.ts';
import { defaultEndpointSlice, defaultEndpoints, defaultNetworkPolicy, defaultService } from './service.ts';
import { defaultDeployment, defaultReplicaSet } from './workloads.ts';

const RBAC = 'rbac.authorization.k8s.io';

const defaulters: Record<string, (object: JsonObject) => void> = {
  '/Pod': defaultPod,
  '/Service': defaultService,
  '/Endpoints': defaultEndpoints,
  '/Secret': defaultSecret,
  '/Namespace': defaultNamespace,
  '/Node': defaultNode,
  '/PersistentVolumeClaim': (claim) => setDefault(ensureObject(claim, 'spec'), 'volumeMode', 'Filesystem'),
  'apps/Deployment': defaultDeployment,
  'apps/ReplicaSet': defaultReplicaSet,
  'discovery.k8s.io/EndpointSlice': defaultEndpointSlice,
  'networking.k8s.io/NetworkPolicy': defaultNetworkPolicy,
  'apiextensions.k8s.io/CustomResourceDefinition': defaultDefinition,
  [`${RBAC}/RoleBinding`]: defaultBinding,
  [`${RBAC}/ClusterRoleBinding`]: defaultBinding,
  [`${RBAC}/Role`]: (role) => setDefault(role, 'rules', null),
  [`${RBAC}/ClusterRole`]: (role) => setDefault(role, 'rules', null),
};

/** The object in the form that the real server stores: defaults set, empty values left out. */
export function defaultBuiltin(group: string, kind: string, obj: KubeObject): KubeObject {
  const version =
    String(obj.apiVersion ?? '')
      .split('/')
      .at(-1) ?? '';
  const schema = builtinSchema(group, version, kind) ?? builtinSchema(group, 'v1', kind);
  const object = (schema ? normalize(schema, obj) : clone(obj)) as JsonObject;
  defaulters[`${group}/${kind}`]?.(object);
  return object as KubeObject;
}

/** `stringData` is for writing only: it is merged into `data`. */
function defaultSecret(secret: JsonObject): void {
  if (!isSet(secret, 'type')) secret.type = 'Opaque';
  if (!isObject(secret.stringData)) return;
  const data = ensureObject(secret, 'data');
  for (const [key, value] of Object.entries(secret.stringData)) {
    data[key] = Buffer.from(String(value), 'utf8').toString('base64');
  }
  delete secret.stringData;
}

function defaultNamespace(namespace: JsonObject): void {
  const metadata = ensureObject(namespace, 'metadata');
  const name = textAt(metadata, 'name');
  if (name !== '') ensureObject(metadata, 'labels')['kubernetes.io/metadata.name'] = name;
  ensureObject(namespace, 'spec');
  const status = ensureObject(namespace, 'status');
  if (!isSet(status, 'phase')) status.phase = 'Active';
}

function defaultNode(node: JsonObject): void {
  setDefault(node, 'spec', {});
  const status = objectAt(node, 'status');
  if (!isObject(status.capacity)) return;
  const allocatable = ensureObject(status, 'allocatable');
  for (const [name, value] of Object.entries(status.capacity)) setDefault(allocatable, name, value);
}

function defaultDefinition(definition: JsonObject): void {
  const spec = ensureObject(definition, 'spec');
  const names = ensureObject(spec, 'names');
  const kind = textAt(names, 'kind');
  if (!isSet(names, 'singular') && kind !== '') names.singular = kind.toLowerCase();
  if (!isSet(names, 'listKind') && kind !== '') names.listKind = `${kind}List`;
  setDefault(spec, 'conversion', { strategy: 'None' });
}

function defaultBinding(binding: JsonObject): void {
  const role = ensureObject(binding, 'roleRef');
  if (!isSet(role, 'apiGroup')) role.apiGroup = RBAC;
  for (const subject of objectsAt(binding, 'subjects')) {
    const named = subject.kind === 'User' || subject.kind === 'Group';
    if (named && !isSet(subject, 'apiGroup')) subject.apiGroup = RBAC;
  }
}
