/** Validation of the smaller kinds. */
import { forbidden, invalid, notSupported, required } from '../../errors.ts';
import { deepEqual, isObject, type JsonObject, type JsonValue } from '../../json.ts';
import { pathSegmentProblems, qualifiedNameProblems } from '../../names.ts';
import type { FieldError } from '../../types.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../access.ts';
import { nonNegative, oneOf, problems, selectorErrors } from './common.ts';
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
  return errors;
}

const EVENT_TEXTS = ['reportingInstance', 'action', 'reason'];
const MAX_EVENT_TEXT = 128;
const MAX_NOTE = 1024;

/** The errors of an events.k8s.io Event. */
export function eventErrors(event: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  if (event.eventTime === undefined) errors.push(required('eventTime'));
  if (!['Normal', 'Warning'].includes(textAt(event, 'type'))) {
    errors.push(invalid('type', '', `has invalid value: ${textAt(event, 'type')}`));
  }
  return [...errors, ...eventTextErrors(event, 'regarding', 'note', 'reportingController')];
}

/** The errors of a core/v1 Event; without `eventTime` it is of the old form, which is hardly checked. */
export function coreEventErrors(event: JsonObject): FieldError[] {
  return eventTextErrors(event, 'involvedObject', 'message', 'reportingComponent');
}

function eventTextErrors(
  event: JsonObject,
  involved: string,
  note: string,
  controller: string,
): FieldError[] {
  const about = textAt(objectAt(event, involved), 'namespace');
  const namespace = textAt(objectAt(event, 'metadata'), 'namespace');
  const old = event.eventTime === undefined;
  // Events about objects without a namespace are in `default`.
  const fallback = old ? ['', 'default'] : ['default', 'kube-system'];
  const agrees = about === '' ? fallback.includes(namespace) : !old || about === namespace;
  const detail = 'does not match event.namespace';
  const errors = agrees ? [] : [invalid('involvedObject.namespace', about, detail)];
  if (old) return errors;
  const reporter = textAt(event, controller);
  if (reporter === '') errors.push(required(controller));
  errors.push(...problems(controller, reporter, qualifiedNameProblems(reporter)));
  for (const field of EVENT_TEXTS) {
    const { length } = Buffer.from(textAt(event, field));
    if (length === 0) errors.push(required(field));
    if (length > MAX_EVENT_TEXT)
      errors.push(invalid(field, '', `can have at most ${MAX_EVENT_TEXT} characters`));
  }
  if (Buffer.byteLength(textAt(event, note)) > MAX_NOTE) {
    errors.push(invalid('message', '', `can have at most ${MAX_NOTE} characters`));
  }
  return errors;
}

/** The errors of a Namespace. */
export function namespaceErrors(namespace: JsonObject): FieldError[] {
  const finalizers = objectAt(namespace, 'spec').finalizers;
  return (Array.isArray(finalizers) ? finalizers : []).flatMap((finalizer) => {
    const text = String(finalizer);
    if (text.includes('/') || text === 'kubernetes') return [];
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    return [invalid('spec.finalizers', text, detail)];
  });
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** The errors of a Node. */
export function nodeErrors(node: JsonObject): FieldError[] {
  return objectsAt(objectAt(node, 'spec'), 'taints').flatMap((taint, index) => {
    const at = `metadata.taints[${index}]`;
    const key = textAt(taint, 'key');
    return [
      ...problems(`${at}.key`, key, qualifiedNameProblems(key)),
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
export function roleErrors(role: JsonObject, namespaced: boolean): FieldError[] {
  return objectsAt(role, 'rules').flatMap((rule, index) => {
    const at = `rules[${index}]`;
    const has = (key: string) => Array.isArray(rule[key]) && rule[key].length > 0;
    const errors: FieldError[] = [];
    if (!has('verbs')) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (has('nonResourceURLs') && namespaced) {
      const detail = 'namespaced rules cannot apply to non-resource URLs';
      errors.push(invalid(`${at}.nonResourceURLs`, rule.nonResourceURLs, detail));
    }
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
    errors.push(...subjectErrors(subject, `subjects[${index}]`, kinds.length === 1));
  }
  if (old !== undefined && !deepEqual(role, old.roleRef)) {
    errors.push(invalid('roleRef', role, 'cannot change roleRef'));
  }
  return errors;
}

function subjectErrors(subject: JsonObject, path: string, clusterWide: boolean): FieldError[] {
  const kind = textAt(subject, 'kind');
  const errors: FieldError[] = textAt(subject, 'name') === '' ? [required(`${path}.name`)] : [];
  const group = textAt(subject, 'apiGroup');
  if (kind === 'ServiceAccount') {
    if (group !== '') errors.push(notSupported(`${path}.apiGroup`, group, ['']));
    if (clusterWide && textAt(subject, 'namespace') === '') errors.push(required(`${path}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (group !== RBAC) errors.push(notSupported(`${path}.apiGroup`, group, [RBAC]));
  } else errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  return errors;
}

const POLICY_TYPES = ['Ingress', 'Egress'];

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
  const both = minAvailable !== undefined && maxUnavailable !== undefined;
  return [
    ...(both
      ? [invalid('spec', spec as JsonValue, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...(minAvailable === undefined ? [] : amountErrors(minAvailable, 'spec.minAvailable')),
    ...(maxUnavailable === undefined ? [] : amountErrors(maxUnavailable, 'spec.maxUnavailable')),
    ...selectorErrors(objectAt(spec, 'selector'), 'spec.selector'),
  ];
}
