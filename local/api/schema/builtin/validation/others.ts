/** Validation of the smaller kinds. */
import { forbidden, invalid, notSupported, required } from '../../errors.ts';
import { deepEqual, isObject, type JsonObject, type JsonValue } from '../../json.ts';
import { pathSegmentProblems } from '../../names.ts';
import type { FieldError } from '../../types.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../access.ts';
import { nonNegative, oneOf, selectorErrors } from './common.ts';
import { amountErrors } from './workloads.ts';

/** The errors of a Lease. */
export function leaseErrors(lease: JsonObject): FieldError[] {
  const spec = objectAt(lease, 'spec');
  const errors: FieldError[] = [];
  const duration = numberAt(spec, 'leaseDurationSeconds');
  if (duration !== undefined && duration <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  errors.push(...nonNegative(spec, ['leaseTransitions'], 'spec'));
  if (spec.holderIdentity === '') errors.push(invalid('spec.holderIdentity', '', 'must not be empty'));
  return errors;
}

const EVENT_LIMITS: [string, number][] = [
  ['reportingController', 0],
  ['reportingInstance', 128],
  ['action', 128],
  ['reason', 128],
];
const MAX_NOTE_BYTES = 1024;

/** The errors of an events.k8s.io Event. */
export function eventErrors(event: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  if (event.eventTime === undefined) errors.push(required('eventTime'));
  for (const [field, limit] of EVENT_LIMITS) {
    const value = textAt(event, field);
    if (value === '') errors.push(required(field));
    else if (limit > 0 && value.length > limit) {
      errors.push(invalid(field, '', `can have at most ${limit} characters`));
    }
  }
  if (Buffer.byteLength(textAt(event, 'note')) > MAX_NOTE_BYTES) {
    errors.push(invalid('message', '', `can have at most ${MAX_NOTE_BYTES} characters`));
  }
  if (!['Normal', 'Warning'].includes(textAt(event, 'type'))) {
    errors.push(invalid('type', '', `has invalid value: ${textAt(event, 'type')}`));
  }
  return [...errors, ...involvedErrors(event, 'regarding')];
}

/** The errors of a core/v1 Event, whose form was never checked strictly. */
export function coreEventErrors(event: JsonObject): FieldError[] {
  return involvedErrors(event, 'involvedObject');
}

function involvedErrors(event: JsonObject, field: string): FieldError[] {
  const involved = textAt(objectAt(event, field), 'namespace');
  const namespace = textAt(objectAt(event, 'metadata'), 'namespace');
  // Events about objects without a namespace are in `default`.
  const expected = involved === '' ? ['default', 'kube-system'] : [involved];
  if (expected.includes(namespace)) return [];
  return [invalid('involvedObject.namespace', involved, 'does not match event.namespace')];
}

/** The errors of a Namespace. */
export function namespaceErrors(namespace: JsonObject): FieldError[] {
  const finalizers = objectAt(namespace, 'spec').finalizers;
  return (Array.isArray(finalizers) ? finalizers : []).flatMap((finalizer, index) => {
    const text = String(finalizer);
    if (text.includes('/') || text === 'kubernetes') return [];
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    return [invalid(`spec.finalizers[${index}]`, text, detail)];
  });
}

const EFFECTS = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

/** The errors of a Node. */
export function nodeErrors(node: JsonObject): FieldError[] {
  return objectsAt(objectAt(node, 'spec'), 'taints').flatMap((taint, index) => {
    const at = `spec.taints[${index}]`;
    return [
      ...(textAt(taint, 'key') === '' ? [required(`${at}.key`)] : []),
      ...oneOf(taint, 'effect', at, EFFECTS),
    ];
  });
}

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** The errors of a PersistentVolumeClaim. */
export function claimErrors(claim: JsonObject): FieldError[] {
  const spec = objectAt(claim, 'spec');
  const modes = Array.isArray(spec.accessModes) ? spec.accessModes : [];
  const errors: FieldError[] = [];
  if (modes.length === 0) errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
  for (const mode of modes) {
    if (!ACCESS_MODES.includes(String(mode)))
      errors.push(notSupported('spec.accessModes', mode, ACCESS_MODES));
  }
  const requests = objectAt(objectAt(spec, 'resources'), 'requests');
  if (requests.storage === undefined) errors.push(required('spec.resources[storage]'));
  return errors;
}

/** The errors of a Role or ClusterRole. */
export function roleErrors(role: JsonObject): FieldError[] {
  return objectsAt(role, 'rules').flatMap((rule, index) => {
    const at = `rules[${index}]`;
    const has = (key: string) => Array.isArray(rule[key]) && rule[key].length > 0;
    const errors: FieldError[] = [];
    if (!has('verbs')) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (has('nonResourceURLs')) return errors;
    if (!has('apiGroups'))
      errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (!has('resources'))
      errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return errors;
  });
}

const RBAC = 'rbac.authorization.k8s.io';

/** The errors of a RoleBinding or ClusterRoleBinding. */
export function bindingErrors(
  binding: JsonObject,
  old: JsonObject | undefined,
  kinds: readonly string[],
): FieldError[] {
  const role = objectAt(binding, 'roleRef');
  const errors: FieldError[] = [];
  if (role.apiGroup !== RBAC) errors.push(notSupported('roleRef.apiGroup', role.apiGroup ?? '', [RBAC]));
  if (!kinds.includes(textAt(role, 'kind')))
    errors.push(notSupported('roleRef.kind', role.kind ?? '', kinds));
  const name = textAt(role, 'name');
  if (name === '') errors.push(required('roleRef.name'));
  errors.push(...pathSegmentProblems(name).map((problem) => invalid('roleRef.name', name, problem)));
  for (const [index, subject] of objectsAt(binding, 'subjects').entries()) {
    errors.push(...subjectErrors(subject, `subjects[${index}]`));
  }
  if (old !== undefined && !deepEqual(role, old.roleRef)) {
    errors.push(invalid('roleRef', role, 'cannot change roleRef'));
  }
  return errors;
}

function subjectErrors(subject: JsonObject, path: string): FieldError[] {
  const kind = textAt(subject, 'kind');
  const errors: FieldError[] = textAt(subject, 'name') === '' ? [required(`${path}.name`)] : [];
  const group = textAt(subject, 'apiGroup');
  if (kind === 'ServiceAccount') {
    if (group !== '') errors.push(notSupported(`${path}.apiGroup`, group, ['']));
    if (textAt(subject, 'namespace') === '') errors.push(required(`${path}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (group !== RBAC) errors.push(notSupported(`${path}.apiGroup`, group, [RBAC]));
  } else errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  return errors;
}

const POLICY_TYPES = ['Egress', 'Ingress'];

/** The errors of a NetworkPolicy. */
export function networkPolicyErrors(policy: JsonObject): FieldError[] {
  const spec = objectAt(policy, 'spec');
  const errors = selectorErrors(objectAt(spec, 'podSelector'), 'spec.podSelector');
  const types = Array.isArray(spec.policyTypes) ? spec.policyTypes : [];
  for (const [index, type] of types.entries()) {
    if (!POLICY_TYPES.includes(String(type))) {
      errors.push(notSupported(`spec.policyTypes[${index}]`, type, POLICY_TYPES));
    }
  }
  for (const [list, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const [index, rule] of objectsAt(spec, list).entries()) {
      errors.push(...peersErrors(objectsAt(rule, peers), `spec.${list}[${index}].${peers}`));
    }
  }
  return errors;
}

function peersErrors(peers: readonly JsonObject[], path: string): FieldError[] {
  return peers.flatMap((peer, index) => {
    const at = `${path}[${index}]`;
    const selectors = ['podSelector', 'namespaceSelector'].filter((key) => isObject(peer[key]));
    if (selectors.length === 0 && !isObject(peer.ipBlock)) return [required(at, 'must specify a peer')];
    if (selectors.length > 0 && isObject(peer.ipBlock)) {
      return [forbidden(at, 'may not specify both ipBlock and another peer')];
    }
    return selectors.flatMap((key) => selectorErrors(objectAt(peer, key), `${at}.${key}`));
  });
}

/** The errors of a PodDisruptionBudget. */
export function budgetErrors(budget: JsonObject): FieldError[] {
  const spec = objectAt(budget, 'spec');
  const { minAvailable, maxUnavailable } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    return [invalid('spec', spec as JsonValue, 'minAvailable and maxUnavailable cannot be both set')];
  }
  return [
    ...(minAvailable === undefined ? [] : amountErrors(minAvailable, 'spec.minAvailable')),
    ...(maxUnavailable === undefined ? [] : amountErrors(maxUnavailable, 'spec.maxUnavailable')),
    ...selectorErrors(objectAt(spec, 'selector'), 'spec.selector'),
  ];
}
