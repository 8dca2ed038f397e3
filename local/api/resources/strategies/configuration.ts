/** ConfigMaps and Secrets. */
import type { FieldError } from '../../core/field-errors.ts';
import { type ApiObject, deepEqual, isRecord, recordAt, without } from '../../core/objects.ts';
import type { Strategy } from '../resource.ts';
import { immutable } from './base.ts';

const MAX_BYTES = 1024 * 1024;
const KEY_PATTERN = /^[-._a-zA-Z0-9]+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const KEY_MESSAGE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

export const configMapStrategy: Partial<Strategy> = {
  validate: (configMap, live) => [
    ...keyErrors(configMap, 'data', 'binaryData'),
    ...repeatedKeyErrors(configMap),
    ...base64Errors(configMap, 'binaryData'),
    ...sizeErrors(configMap, 'data', 'binaryData'),
    ...frozenErrors(configMap, live, 'data', 'binaryData'),
  ],
};

export const secretStrategy: Partial<Strategy> = {
  prepareCreate: (secret) => withEncodedStrings(secret),
  prepareUpdate: (next) => withEncodedStrings(next),
  validate: (secret, live) => [
    ...keyErrors(secret, 'data'),
    ...base64Errors(secret, 'data'),
    ...sizeErrors(secret, 'data'),
    ...frozenErrors(secret, live, 'data'),
    ...(live && secret.type !== live.type ? [immutable('type', secret.type)] : []),
  ],
};

/** `stringData` is write-only: it goes into `data` and is never stored. */
function withEncodedStrings(secret: ApiObject): ApiObject {
  const strings = recordAt(secret, 'stringData');
  if (!strings) return without(secret, 'stringData');
  const encoded = Object.fromEntries(
    Object.entries(strings).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]),
  );
  return { ...without(secret, 'stringData'), data: { ...recordAt(secret, 'data'), ...encoded } };
}

function keyErrors(object: ApiObject, ...fields: string[]): FieldError[] {
  return fields.flatMap((field) =>
    Object.keys(recordAt(object, field) ?? {})
      .filter((key) => !KEY_PATTERN.test(key) || key === '.' || key === '..' || key.length > 253)
      .map(
        (key): FieldError => ({
          type: 'Invalid',
          field: `${field}[${key}]`,
          value: key,
          message: KEY_MESSAGE,
        }),
      ),
  );
}

function repeatedKeyErrors(configMap: ApiObject): FieldError[] {
  const data = recordAt(configMap, 'data') ?? {};
  return Object.keys(recordAt(configMap, 'binaryData') ?? {})
    .filter((key) => Object.hasOwn(data, key))
    .map(
      (key): FieldError => ({
        type: 'Invalid',
        field: `data[${key}]`,
        value: key,
        message: 'duplicate of key present in binaryData',
      }),
    );
}

function base64Errors(object: ApiObject, field: string): FieldError[] {
  return Object.entries(recordAt(object, field) ?? {})
    .filter(([, value]) => typeof value === 'string' && !BASE64.test(value.replaceAll(/[\r\n]/g, '')))
    .map(
      ([key]): FieldError => ({
        type: 'Invalid',
        field: `${field}[${key}]`,
        value: '<omitted>',
        message: 'must be base64-encoded',
      }),
    );
}

function sizeErrors(object: ApiObject, ...fields: string[]): FieldError[] {
  let bytes = 0;
  for (const field of fields) {
    const encoded = field !== 'data' || object.kind === 'Secret';
    for (const value of Object.values(recordAt(object, field) ?? {})) {
      const length = Buffer.byteLength(String(value));
      bytes += encoded ? Math.floor((length * 3) / 4) : length;
    }
  }
  if (bytes <= MAX_BYTES) return [];
  // The real server leaves the field of a ConfigMap's error empty.
  const field = object.kind === 'Secret' ? 'data' : '';
  return [{ type: 'TooLong', field, message: `may not be more than ${MAX_BYTES} bytes` }];
}

function frozenErrors(object: ApiObject, live: ApiObject | undefined, ...fields: string[]): FieldError[] {
  if (live?.immutable !== true) return [];
  const message = 'field is immutable when `immutable` is set';
  const errors: FieldError[] = [];
  if (object.immutable !== true) errors.push({ type: 'Forbidden', field: 'immutable', message });
  for (const field of fields) {
    const [before, after] = [live[field], object[field]].map((it) => (isRecord(it) ? it : {}));
    if (!deepEqual(before, after)) errors.push({ type: 'Forbidden', field, message });
  }
  return errors;
}
