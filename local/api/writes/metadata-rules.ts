/** What the API allows in object metadata. */
import type { FieldError } from '../core/field-errors.ts';
import type { ApiObject, Meta } from '../core/objects.ts';
import type { NameRule, Resource } from '../resources/resource.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const RULES: Record<NameRule, { pattern: RegExp; max: number; message: string }> = {
  subdomain: {
    pattern: new RegExp(`^${LABEL}(\\.${LABEL})*$`),
    max: 253,
    message: `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${LABEL}(\\.${LABEL})*')`,
  },
  label: {
    pattern: new RegExp(`^${LABEL}$`),
    max: 63,
    message: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`,
  },
  label1035: {
    pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    max: 63,
    message:
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  },
  path: {
    pattern: /^(?!\.{1,2}$)[^/%]+$/,
    max: Number.POSITIVE_INFINITY,
    message: "may not contain '/' or '%'",
  },
};

const KEY_PATTERN = new RegExp(`^${QUALIFIED}$`);
const VALUE_PATTERN = new RegExp(`^(${QUALIFIED})?$`);
const KEY_MESSAGE = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}')`;
const VALUE_MESSAGE = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${QUALIFIED})?')`;
const MAX_ANNOTATION_BYTES = 256 * 1024;

/** Errors in the names, labels, annotations, owners and finalizers of an object. */
export function metadataErrors(object: ApiObject, resource: Resource): FieldError[] {
  const { metadata } = object;
  return [
    ...nameErrors(metadata, resource.strategy.nameRule),
    ...labelErrors(metadata.labels),
    ...annotationErrors(metadata.annotations),
    ...ownerErrors(metadata),
    ...(metadata.finalizers ?? []).flatMap((it) => qualifiedNameErrors('metadata.finalizers', it)),
  ];
}

function nameErrors({ name }: Meta, rule: NameRule): FieldError[] {
  const field = 'metadata.name';
  if (!name) return [{ type: 'Required', field, message: 'name or generateName is required' }];
  const { pattern, max, message } = RULES[rule];
  const errors: FieldError[] = [];
  if (name.length > max) {
    errors.push({ type: 'Invalid', field, value: name, message: `must be no more than ${max} characters` });
  }
  if (!pattern.test(name)) errors.push({ type: 'Invalid', field, value: name, message });
  return errors;
}

function labelErrors(labels: Record<string, string> | undefined): FieldError[] {
  const field = 'metadata.labels';
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    errors.push(...qualifiedNameErrors(field, key));
    if (value.length > 63) {
      errors.push({ type: 'Invalid', field, value, message: 'must be no more than 63 characters' });
    }
    if (!VALUE_PATTERN.test(value)) errors.push({ type: 'Invalid', field, value, message: VALUE_MESSAGE });
  }
  return errors;
}

/** `[prefix/]name` as label and annotation keys are written. */
function qualifiedNameErrors(field: string, key: string): FieldError[] {
  const slash = key.indexOf('/');
  const name = slash < 0 ? key : key.slice(slash + 1);
  const errors: FieldError[] = [];
  if (slash >= 0 && !RULES.subdomain.pattern.test(key.slice(0, slash))) {
    errors.push({ type: 'Invalid', field, value: key, message: `prefix part ${RULES.subdomain.message}` });
  }
  if (name.length > 63) {
    errors.push({
      type: 'Invalid',
      field,
      value: key,
      message: 'name part must be no more than 63 characters',
    });
  }
  if (!KEY_PATTERN.test(name)) errors.push({ type: 'Invalid', field, value: key, message: KEY_MESSAGE });
  return errors;
}

function annotationErrors(annotations: Record<string, string> | undefined): FieldError[] {
  const field = 'metadata.annotations';
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    errors.push(...qualifiedNameErrors(field, key.toLowerCase()));
    bytes += key.length + Buffer.byteLength(value);
  }
  if (bytes > MAX_ANNOTATION_BYTES) {
    errors.push({ type: 'TooLong', field, message: `may not be more than ${MAX_ANNOTATION_BYTES} bytes` });
  }
  return errors;
}

function ownerErrors({ ownerReferences = [] }: Meta): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors: FieldError[] = [];
  for (const [index, owner] of ownerReferences.entries()) {
    for (const part of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (owner[part]) continue;
      errors.push({
        type: 'Invalid',
        field: `${field}[${index}].${part}`,
        value: owner[part] ?? '',
        message: 'must not be empty',
      });
    }
  }
  const controllers = ownerReferences.filter((it) => it.controller === true);
  if (controllers.length > 1) {
    const names = controllers.map((it) => `{Name: ${it.name}, UID: ${it.uid}}`).join(', ');
    errors.push({
      type: 'Invalid',
      field,
      value: ownerReferences,
      message: `Only one reference can have Controller set to true. Found "true" in references for ${names}`,
    });
  }
  return errors;
}

/** Metadata that a change must leave alone, and what a deletion forbids. */
export function metadataChangeErrors(next: ApiObject, live: ApiObject): FieldError[] {
  if (!live.metadata.deletionTimestamp) return [];
  const before = new Set(live.metadata.finalizers);
  const added = (next.metadata.finalizers ?? []).filter((it) => !before.has(it));
  if (added.length === 0) return [];
  const names = added.map((it) => JSON.stringify(it)).join(', ');
  return [
    {
      type: 'Forbidden',
      field: 'metadata.finalizers',
      message: `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`,
    },
  ];
}

const isAbsent = (value: unknown) => value === undefined || value === null;
const isText = (value: unknown) => typeof value === 'string';
const isTextMap = (value: unknown) =>
  typeof value === 'object' && !Array.isArray(value) && Object.values(value ?? {}).every(isText);

const METADATA_TYPES: readonly [fields: string[], fits: (value: unknown) => boolean, expected: string][] = [
  [['labels', 'annotations'], isTextMap, 'a map of strings'],
  [['name', 'namespace', 'generateName', 'resourceVersion', 'uid'], isText, 'a string'],
  [['ownerReferences', 'managedFields'], Array.isArray, 'a list'],
  [['finalizers'], (value) => Array.isArray(value) && value.every(isText), 'a list of strings'],
];

/** What of decoded metadata has the wrong type; checked before any rule above looks at it. */
export function metadataTypeError(metadata: Record<string, unknown>): string | undefined {
  for (const [fields, fits, expected] of METADATA_TYPES) {
    const wrong = fields.find((field) => !isAbsent(metadata[field]) && !fits(metadata[field]));
    if (wrong !== undefined) return `metadata.${wrong}: expected ${expected}`;
  }
  return undefined;
}
