/** Validation of containers. */
import { duplicate, invalid, notFound, required } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { configKeyProblems, dnsLabelProblems, dnsSubdomainProblems } from '../../names.ts';
import { compareQuantities, isQuantity } from '../../quantity.ts';
import type { FieldError } from '../../types.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../access.ts';
import { namedField, oneOf, portNameProblems, portNumber, problems, quantities } from './common.ts';
import { actionErrors, probeErrors } from './probe.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** The errors of one container; `volumes` are the names that its pod has. */
export function containerErrors(
  container: JsonObject,
  path: string,
  volumes: ReadonlySet<string>,
): FieldError[] {
  return [
    ...namedField(container, 'name', path, dnsLabelProblems),
    ...namedField(container, 'image', path, imageProblems),
    ...oneOf(container, 'terminationMessagePolicy', path, ['File', 'FallbackToLogsOnError']),
    ...portErrors(objectsAt(container, 'ports'), `${path}.ports`),
    ...envErrors(objectsAt(container, 'env'), `${path}.env`),
    ...envFromErrors(objectsAt(container, 'envFrom'), `${path}.envFrom`),
    ...mountErrors(objectsAt(container, 'volumeMounts'), `${path}.volumeMounts`, volumes),
    ...oneOf(container, 'imagePullPolicy', path, ['Always', 'IfNotPresent', 'Never']),
    ...resourceErrors(objectAt(container, 'resources'), `${path}.resources`),
    ...lifecycleErrors(container, path),
  ];
}

function imageProblems(image: string): string[] {
  return image.trim() === image ? [] : ['must not have leading or trailing whitespace'];
}

function lifecycleErrors(container: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [hook, action] of Object.entries(objectAt(container, 'lifecycle'))) {
    if (isObject(action)) errors.push(...actionErrors(action, `${path}.lifecycle.${hook}`));
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isObject(container[probe])) errors.push(...probeErrors(container[probe], `${path}.${probe}`, probe));
  }
  return errors;
}

function portErrors(ports: readonly JsonObject[], path: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${path}[${index}]`;
    const name = textAt(port, 'name');
    const errors = name === '' ? [] : problems(`${at}.name`, name, portNameProblems(name));
    if (errors.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (name !== '') names.add(name);
    if (!numberAt(port, 'containerPort')) errors.push(required(`${at}.containerPort`));
    else errors.push(...portNumber(port, 'containerPort', at));
    if (numberAt(port, 'hostPort')) errors.push(...portNumber(port, 'hostPort', at));
    return [...errors, ...oneOf(port, 'protocol', at, PROTOCOLS)];
  });
}

function envErrors(env: readonly JsonObject[], path: string): FieldError[] {
  return env.flatMap((variable, index) => {
    const at = `${path}[${index}]`;
    return [
      ...namedField(variable, 'name', at, envNameProblems),
      ...valueFromErrors(variable, `${at}.valueFrom`),
    ];
  });
}

const ENV_NAME =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";

function envNameProblems(name: string): string[] {
  return /^[ -<>-~]+$/.test(name) ? [] : [ENV_NAME];
}

const ENV_SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function valueFromErrors(variable: JsonObject, path: string): FieldError[] {
  const source = variable.valueFrom;
  if (!isObject(source)) return [];
  const used = ENV_SOURCES.filter((kind) => isObject(source[kind]));
  const errors = used.flatMap((kind) => sourceErrors(objectAt(source, kind), kind, `${path}.${kind}`));
  if (used.length === 0) {
    const detail =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalid(path, '', detail));
  } else if (textAt(variable, 'value') !== '') {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (used.length > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

function sourceErrors(reference: JsonObject, kind: string, path: string): FieldError[] {
  if (kind === 'fieldRef') {
    return [
      ...namedField(reference, 'apiVersion', path, () => []),
      ...namedField(reference, 'fieldPath', path, () => []),
    ];
  }
  if (kind === 'resourceFieldRef') return namedField(reference, 'resource', path, () => []);
  const text = textAt(reference, 'name');
  const name = kind === 'fileKeyRef' ? [] : problems(`${path}.name`, text, dnsSubdomainProblems(text));
  return [...name, ...namedField(reference, 'key', path, configKeyProblems)];
}

function envFromErrors(sources: readonly JsonObject[], path: string): FieldError[] {
  return sources.flatMap((source, index) => {
    const at = `${path}[${index}]`;
    const used = ['configMapRef', 'secretRef'].filter((kind) => isObject(source[kind]));
    const prefix = textAt(source, 'prefix');
    const errors = prefix === '' ? [] : problems(`${at}.prefix`, prefix, envNameProblems(prefix));
    for (const kind of used) {
      errors.push(...namedField(objectAt(source, kind), 'name', `${at}.${kind}`, dnsSubdomainProblems));
    }
    if (used.length === 0) {
      errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (used.length > 1) {
      errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}

function mountErrors(
  mounts: readonly JsonObject[],
  path: string,
  volumes: ReadonlySet<string>,
): FieldError[] {
  const paths = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${path}[${index}]`;
    const name = textAt(mount, 'name');
    const mountPath = textAt(mount, 'mountPath');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name));
    if (mountPath === '') errors.push(required(`${at}.mountPath`));
    if (paths.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    return [...errors, ...subPathErrors(mount, at, path)];
  });
}

function subPathErrors(mount: JsonObject, at: string, list: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['subPath', 'subPathExpr']) {
    const value = textAt(mount, field);
    if (value.startsWith('/')) errors.push(invalid(`${list}.${field}`, value, 'must be a relative path'));
    if (value.split('/').includes('..'))
      errors.push(invalid(`${list}.${field}`, value, "must not contain '..'"));
  }
  if (textAt(mount, 'subPath') !== '' && textAt(mount, 'subPathExpr') !== '') {
    const detail = 'subPathExpr and subPath are mutually exclusive';
    errors.push(invalid(`${at}.subPathExpr`, textAt(mount, 'subPathExpr'), detail));
  }
  return errors;
}

/** Resources that cannot be shared out beyond what a node has: what is requested is the limit. */
function isOvercommitAllowed(name: string): boolean {
  return !name.startsWith('hugepages-') && (!name.includes('/') || name.includes('kubernetes.io/'));
}

/** Limits and requests: well-formed, standard names, and no request above its limit. */
export function resourceErrors(resources: JsonObject, path: string): FieldError[] {
  const limits = objectAt(resources, 'limits');
  const requests = objectAt(resources, 'requests');
  const errors = [
    ...resourceNameErrors(limits, `${path}.limits`),
    ...quantities(limits, `${path}.limits`),
    ...resourceNameErrors(requests, `${path}.requests`),
    ...quantities(requests, `${path}.requests`),
  ];
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined || !isQuantity(String(limit)) || !isQuantity(String(request))) continue;
    const order = compareQuantities(String(request), String(limit));
    const at = `${path}.requests`;
    if (!isOvercommitAllowed(name) && order !== 0) {
      errors.push(invalid(at, String(request), `must be equal to ${name} limit of ${String(limit)}`));
    } else if (order > 0) {
      errors.push(
        invalid(at, String(request), `must be less than or equal to ${name} limit of ${String(limit)}`),
      );
    }
  }
  return errors;
}

const STANDARD_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);

function resourceNameErrors(resources: JsonObject, path: string): FieldError[] {
  return Object.keys(resources)
    .filter((name) => !name.includes('/') && !STANDARD_RESOURCES.has(name) && !name.startsWith('hugepages-'))
    .flatMap((name) => [
      invalid(`${path}[${name}]`, name, 'must be a standard resource type or fully qualified'),
      invalid(`${path}[${name}]`, name, 'must be a standard resource for containers'),
    ]);
}
