/** Validation of pods and pod templates. */
import { duplicate, forbidden, invalid, required } from '../../errors.ts';
import { clone, deepEqual, isObject, type JsonObject, type JsonValue } from '../../json.ts';
import { annotationErrors, labelErrors } from '../../metadata.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from '../../names.ts';
import type { FieldError } from '../../types.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../access.ts';
import { nonNegative, oneOf, problems } from './common.ts';
import { containerErrors } from './container.ts';
import { volumeErrors } from './volume.ts';

/** The errors of a pod; on updates also of what may not change. */
export function podErrors(pod: JsonObject, old?: JsonObject): FieldError[] {
  const spec = objectAt(pod, 'spec');
  const errors = podSpecErrors(spec, 'spec');
  return old === undefined ? errors : [...errors, ...updateErrors(spec, objectAt(old, 'spec'))];
}

/** The errors of a pod template at a path. */
export function templateErrors(template: JsonObject, path: string): FieldError[] {
  const metadata = objectAt(template, 'metadata');
  const ephemeral = objectsAt(objectAt(template, 'spec'), 'ephemeralContainers');
  return [
    ...labelErrors(metadata.labels, `${path}.labels`),
    ...annotationErrors(metadata.annotations, `${path}.annotations`),
    ...podSpecErrors(objectAt(template, 'spec'), `${path}.spec`),
    ...(ephemeral.length > 0
      ? [forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}

function podSpecErrors(spec: JsonObject, path: string): FieldError[] {
  const volumes = volumeErrors(objectsAt(spec, 'volumes'), `${path}.volumes`);
  return [
    ...volumes.errors,
    ...allContainerErrors(spec, path, volumes.names),
    ...oneOf(spec, 'restartPolicy', path, ['Always', 'OnFailure', 'Never']),
    ...oneOf(spec, 'dnsPolicy', path, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
    ...labelErrors(spec.nodeSelector, `${path}.nodeSelector`),
    ...securityErrors(objectAt(spec, 'securityContext'), `${path}.securityContext`),
    ...nonNegative(spec, ['terminationGracePeriodSeconds'], path),
    ...nameErrors(spec, path),
    ...deadlineErrors(spec, path),
  ];
}

function allContainerErrors(spec: JsonObject, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const containers = objectsAt(spec, 'containers');
  const names = new Set<string>();
  const check = (list: readonly JsonObject[], at: string) =>
    list.flatMap((container, index) => {
      const name = textAt(container, 'name');
      const errors = containerErrors(container, `${at}[${index}]`, volumes);
      if (name !== '' && names.has(name)) errors.push(duplicate(`${at}[${index}].name`, name));
      names.add(name);
      return errors;
    });
  if (containers.length === 0) return [required(`${path}.containers`)];
  return [
    ...check(containers, `${path}.containers`),
    ...check(objectsAt(spec, 'initContainers'), `${path}.initContainers`),
  ];
}

function nameErrors(spec: JsonObject, path: string): FieldError[] {
  const checks: [string, (text: string) => string[]][] = [
    ['serviceAccountName', dnsSubdomainProblems],
    ['nodeName', dnsSubdomainProblems],
    ['hostname', dnsLabelProblems],
    ['subdomain', dnsLabelProblems],
    ['priorityClassName', dnsSubdomainProblems],
    ['runtimeClassName', dnsSubdomainProblems],
  ];
  return checks.flatMap(([key, check]) => {
    const text = textAt(spec, key);
    return text === '' ? [] : problems(`${path}.${key}`, text, check(text));
  });
}

const MAX_INT32 = 2 ** 31 - 1;

function deadlineErrors(spec: JsonObject, path: string): FieldError[] {
  const seconds = numberAt(spec, 'activeDeadlineSeconds');
  if (seconds === undefined || (seconds >= 1 && seconds <= MAX_INT32)) return [];
  const detail = `must be between 1 and ${MAX_INT32}, inclusive`;
  return [invalid(`${path}.activeDeadlineSeconds`, seconds, detail)];
}

function securityErrors(context: JsonObject, path: string): FieldError[] {
  return ['runAsUser', 'runAsGroup', 'fsGroup'].flatMap((key) => {
    const id = numberAt(context, key);
    if (id === undefined || (id >= 0 && id <= MAX_INT32)) return [];
    return [invalid(`${path}.${key}`, id, `must be between 0 and ${MAX_INT32}, inclusive`)];
  });
}

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
];

function updateErrors(spec: JsonObject, old: JsonObject): FieldError[] {
  for (const list of ['containers', 'initContainers']) {
    const now = objectsAt(spec, list);
    if (now.length !== objectsAt(old, list).length) {
      return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
    }
  }
  const deadline = deadlineUpdateErrors(spec, old);
  const tolerations = tolerationErrors(spec, old);
  // The scheduler's binding is an update of its own; it may only happen once.
  const munged = withUpdatableOf(spec, old);
  const changed = Object.keys({ ...munged, ...old }).filter((key) => !deepEqual(munged[key], old[key]));
  if (changed.length === 0) return [...deadline, ...tolerations];
  const detail = `pod updates may not change fields other than ${UPDATABLE.join(',')}\n${describe(munged, old, changed)}`;
  return [...deadline, ...tolerations, forbidden('spec', detail)];
}

function describe(now: JsonObject, old: JsonObject, changed: readonly string[]): string {
  const line = (sign: string, key: string, value: JsonValue | undefined) =>
    value === undefined ? [] : [`${sign} \t${key}: ${JSON.stringify(value)}`];
  return changed.flatMap((key) => [...line('-', key, old[key]), ...line('+', key, now[key])]).join('\n');
}

function withUpdatableOf(spec: JsonObject, old: JsonObject): JsonObject {
  const munged = clone(spec);
  for (const list of ['containers', 'initContainers']) {
    const before = objectsAt(old, list);
    for (const [index, container] of objectsAt(munged, list).entries()) {
      container.image = before[index]?.image ?? '';
    }
  }
  for (const key of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates']) copyField(munged, old, key);
  const grace = numberAt(old, 'terminationGracePeriodSeconds') ?? 0;
  if (grace < 0 && munged.terminationGracePeriodSeconds === 1) munged.terminationGracePeriodSeconds = grace;
  return munged;
}

function copyField(target: JsonObject, source: JsonObject, key: string): void {
  const value = source[key];
  if (value === undefined) delete target[key];
  else target[key] = value;
}

function deadlineUpdateErrors(spec: JsonObject, old: JsonObject): FieldError[] {
  const before = numberAt(old, 'activeDeadlineSeconds');
  const now = numberAt(spec, 'activeDeadlineSeconds');
  const at = 'spec.activeDeadlineSeconds';
  if (before === undefined) return [];
  if (now === undefined) return [invalid(at, null, 'must not update from a positive integer to nil value')];
  return now > before ? [invalid(at, now, 'must be less than or equal to previous value')] : [];
}

function tolerationErrors(spec: JsonObject, old: JsonObject): FieldError[] {
  const now = Array.isArray(spec.tolerations) ? spec.tolerations : [];
  const lost = (Array.isArray(old.tolerations) ? old.tolerations : []).some(
    (toleration) => !now.some((other) => isObject(other) && deepEqual(other, toleration)),
  );
  if (!lost) return [];
  return [
    forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
  ];
}
