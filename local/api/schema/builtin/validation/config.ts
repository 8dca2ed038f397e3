/** Validation of ConfigMaps and Secrets. */
import { forbidden, invalid, required, tooLong } from '../../errors.ts';
import { deepEqual, type JsonObject } from '../../json.ts';
import { configKeyProblems } from '../../names.ts';
import type { FieldError } from '../../types.ts';
import { objectAt, textAt } from '../access.ts';
import { problems } from './common.ts';

/** The most that all values of a ConfigMap or Secret may have together, in bytes. */
const MAX_BYTES = 1024 * 1024;

/** The errors of a ConfigMap. */
export function configMapErrors(config: JsonObject, old?: JsonObject): FieldError[] {
  const data = objectAt(config, 'data');
  const binary = objectAt(config, 'binaryData');
  const errors: FieldError[] = [];
  for (const key of Object.keys(data)) {
    errors.push(...problems(`data[${key}]`, key, configKeyProblems(key)));
    if (Object.hasOwn(binary, key)) {
      errors.push(invalid(`data[${key}]`, key, `duplicate of key present in binaryData`));
    }
  }
  for (const key of Object.keys(binary))
    errors.push(...problems(`binaryData[${key}]`, key, configKeyProblems(key)));
  const size = textBytes(data) + binaryBytes(binary);
  if (size > MAX_BYTES) errors.push(tooLong('', MAX_BYTES));
  return [...errors, ...immutableErrors(config, old, ['data', 'binaryData'])];
}

/** The errors of a Secret. */
export function secretErrors(secret: JsonObject, old?: JsonObject): FieldError[] {
  const data = objectAt(secret, 'data');
  const errors = Object.keys(data).flatMap((key) => problems(`data[${key}]`, key, configKeyProblems(key)));
  if (binaryBytes(data) > MAX_BYTES) errors.push(tooLong('data', MAX_BYTES));
  errors.push(...typedSecretErrors(secret, data));
  if (old !== undefined && old.type !== secret.type) {
    errors.push(invalid('type', secret.type ?? '', 'field is immutable'));
  }
  return [...errors, ...immutableErrors(secret, old, ['data'])];
}

const REQUIRED_KEYS: Record<string, string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function typedSecretErrors(secret: JsonObject, data: JsonObject): FieldError[] {
  const type = textAt(secret, 'type');
  if (type === 'kubernetes.io/basic-auth') {
    const keys = ['username', 'password'];
    return keys.some((key) => Object.hasOwn(data, key)) ? [] : keys.map((key) => required(`data[${key}]`));
  }
  if (type === 'kubernetes.io/service-account-token') {
    const key = 'kubernetes.io/service-account.name';
    const annotations = objectAt(objectAt(secret, 'metadata'), 'annotations');
    return annotations[key] ? [] : [required(`metadata.annotations[${key}]`)];
  }
  return (REQUIRED_KEYS[type] ?? [])
    .filter((key) => !Object.hasOwn(data, key))
    .map((key) => required(`data[${key}]`));
}

function textBytes(data: JsonObject): number {
  return Object.values(data).reduce<number>((sum, value) => sum + Buffer.byteLength(String(value)), 0);
}

function binaryBytes(data: JsonObject): number {
  return Object.values(data).reduce<number>(
    (sum, value) => sum + Buffer.byteLength(String(value), 'base64'),
    0,
  );
}

function immutableErrors(
  now: JsonObject,
  old: JsonObject | undefined,
  fields: readonly string[],
): FieldError[] {
  if (old?.immutable !== true) return [];
  const detail = 'field is immutable when `immutable` is set';
  const errors = now.immutable === true ? [] : [forbidden('immutable', detail)];
  for (const field of fields) {
    if (!deepEqual(now[field] ?? {}, old[field] ?? {})) errors.push(forbidden(field, detail));
  }
  return errors;
}
