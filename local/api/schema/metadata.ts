/** Validation of `metadata`. */
import { forbidden, invalid, required, tooLong, typeInvalid } from './errors.ts';
import { deepEqual, isObject, type JsonObject, type JsonValue } from './json.ts';
import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  labelValueProblems,
  qualifiedNameProblems,
} from './names.ts';
import type { FieldError, KubeObject } from './types.ts';

export type NameCheck = (name: string) => string[];

export interface MetadataOptions {
  namespaced: boolean;
  /** The form of names; DNS subdomains unless given. */
  name?: NameCheck;
}

const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** What is wrong with an object's metadata; `old` is the stored object on updates. */
export function validateMetadata(obj: KubeObject, options: MetadataOptions, old?: KubeObject): FieldError[] {
  const metadata = isObject(obj.metadata) ? obj.metadata : {};
  const typed = typeErrors(metadata);
  if (typed.length > 0) return typed;
  return [
    ...nameErrors(metadata, options.name ?? dnsSubdomainProblems),
    ...namespaceErrors(metadata, options.namespaced),
    ...labelErrors(metadata.labels, 'metadata.labels'),
    ...annotationErrors(metadata.annotations, 'metadata.annotations'),
    ...ownerErrors(metadata.ownerReferences),
    ...finalizerErrors(metadata.finalizers),
    ...(old === undefined ? [] : immutableErrors(metadata, isObject(old.metadata) ? old.metadata : {})),
  ];
}

const STRING_FIELDS = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'];

/** The real server fails to decode such objects; here the sentence names the field as well. */
function typeErrors(metadata: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of STRING_FIELDS) {
    const value = metadata[field];
    if (value !== undefined && value !== null && typeof value !== 'string') {
      errors.push(typeInvalid(`metadata.${field}`, value, 'must be a string'));
    }
  }
  for (const field of ['labels', 'annotations']) {
    const value = metadata[field] ?? {};
    const good = isObject(value) && Object.values(value).every((item) => typeof item === 'string');
    if (!good) errors.push(typeInvalid(`metadata.${field}`, value, 'must be a map of strings'));
  }
  for (const field of ['ownerReferences', 'finalizers']) {
    if (!Array.isArray(metadata[field] ?? [])) {
      errors.push(typeInvalid(`metadata.${field}`, metadata[field], 'must be a list'));
    }
  }
  return errors;
}

function nameErrors(metadata: JsonObject, check: NameCheck): FieldError[] {
  const name = String(metadata.name ?? '');
  const prefix = String(metadata.generateName ?? '');
  const errors: FieldError[] = [];
  if (prefix !== '') {
    // A random suffix follows, so a dash at the end is as good as a letter.
    const shown = prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix;
    errors.push(...check(shown).map((problem) => invalid('metadata.generateName', prefix, problem)));
  }
  if (name === '' && prefix === '')
    errors.push(required('metadata.name', 'name or generateName is required'));
  if (name !== '') errors.push(...check(name).map((problem) => invalid('metadata.name', name, problem)));
  return errors;
}

function namespaceErrors(metadata: JsonObject, namespaced: boolean): FieldError[] {
  const namespace = String(metadata.namespace ?? '');
  if (!namespaced) {
    return namespace === '' ? [] : [forbidden('metadata.namespace', 'not allowed on this type')];
  }
  if (namespace === '') return [required('metadata.namespace')];
  return dnsLabelProblems(namespace).map((problem) => invalid('metadata.namespace', namespace, problem));
}

/** Errors of a map of labels, here or in a pod template. */
export function labelErrors(labels: JsonValue | undefined, field: string): FieldError[] {
  return Object.entries(isObject(labels) ? labels : {}).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalid(field, key, problem)),
    ...labelValueProblems(String(value)).map((problem) => invalid(`${field}`, value, problem)),
  ]);
}

/** Errors of a map of annotations: keys as those of labels but in any case, values bounded together. */
export function annotationErrors(annotations: JsonValue | undefined, field: string): FieldError[] {
  const entries = Object.entries(isObject(annotations) ? annotations : {});
  const errors = entries.flatMap(([key]) =>
    qualifiedNameProblems(key.toLowerCase()).map((problem) => invalid(field, key, problem)),
  );
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  if (size > MAX_ANNOTATIONS_BYTES) errors.push(tooLong(field, MAX_ANNOTATIONS_BYTES));
  return errors;
}

function ownerErrors(owners: JsonValue | undefined): FieldError[] {
  const list = (Array.isArray(owners) ? owners : []).map((owner) => (isObject(owner) ? owner : {}));
  const errors = list.flatMap((owner) => oneOwnerErrors(owner, 'metadata.ownerReferences'));
  const controllers = list.filter(({ controller }) => controller === true);
  if (controllers.length > 1) {
    const text = controllers
      .map(({ kind, name, apiVersion }) => `${apiVersion}, Kind=${kind}, ${name}`)
      .join(' and ');
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${text}`;
    errors.push(invalid('metadata.ownerReferences', owners, detail));
  }
  return errors;
}

function oneOwnerErrors(owner: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!owner.apiVersion)
    errors.push(invalid(`${path}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
  for (const field of ['kind', 'name', 'uid']) {
    if (!owner[field]) errors.push(invalid(`${path}.${field}`, owner[field] ?? '', 'must not be empty'));
  }
  return errors;
}

function finalizerErrors(finalizers: JsonValue | undefined): FieldError[] {
  const known = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);
  return (Array.isArray(finalizers) ? finalizers : []).flatMap((finalizer, index) => {
    const at = `metadata.finalizers[${index}]`;
    const text = String(finalizer);
    const problems = qualifiedNameProblems(text).map((problem) => invalid(at, text, problem));
    if (problems.length > 0 || text.includes('/') || known.has(text)) return problems;
    return [invalid(at, text, 'name is neither a standard finalizer name nor is it fully qualified')];
  });
}

function immutableErrors(metadata: JsonObject, old: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp']) {
    const before = old[field] ?? null;
    const now = metadata[field] ?? null;
    const changed = before !== null && !deepEqual(before, now);
    if (changed) errors.push(invalid(`metadata.${field}`, now ?? '', 'field is immutable'));
  }
  return errors;
}
