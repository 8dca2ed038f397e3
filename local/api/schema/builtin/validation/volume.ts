/** Validation of volumes. */
import { duplicate, forbidden, invalid, required } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { configKeyProblems, dnsLabelProblems } from '../../names.ts';
import type { FieldError } from '../../types.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../access.ts';
import { namedField, quantities } from './common.ts';

/** The errors of a pod's volumes, and the names that containers may mount. */
export function volumeErrors(
  volumes: readonly JsonObject[],
  path: string,
): { errors: FieldError[]; names: ReadonlySet<string> } {
  const names = new Set<string>();
  const errors = volumes.flatMap((volume, index) => {
    const at = `${path}[${index}]`;
    const name = textAt(volume, 'name');
    const found = [...sourceErrors(volume, at), ...namedField(volume, 'name', at, dnsLabelProblems)];
    if (name !== '' && names.has(name)) found.push(duplicate(`${at}.name`, name));
    if (name !== '') names.add(name);
    return found;
  });
  return { errors, names };
}

function sourceErrors(volume: JsonObject, path: string): FieldError[] {
  const sources = Object.keys(volume).filter((key) => key !== 'name' && isObject(volume[key]));
  if (sources.length === 0) return [required(path, 'must specify a volume type')];
  return sources.flatMap((source, index) => {
    const at = `${path}.${source}`;
    if (index > 0) return [forbidden(at, 'may not specify more than 1 volume type')];
    return oneSourceErrors(source, objectAt(volume, source), at);
  });
}

function oneSourceErrors(kind: string, source: JsonObject, path: string): FieldError[] {
  switch (kind) {
    case 'secret':
      return [...requiredText(source, 'secretName', path), ...fileErrors(source, path)];
    case 'configMap':
      return [...requiredText(source, 'name', path), ...fileErrors(source, path)];
    case 'emptyDir':
      return source.sizeLimit === undefined
        ? []
        : quantities({ sizeLimit: source.sizeLimit }, path).map((error) => ({
            ...error,
            field: `${path}.sizeLimit`,
          }));
    case 'hostPath':
      return hostPathErrors(source, path);
    case 'persistentVolumeClaim':
      return requiredText(source, 'claimName', path);
    case 'downwardAPI':
      return modeErrors(source, 'defaultMode', path);
    default:
      return [];
  }
}

function requiredText(source: JsonObject, key: string, path: string): FieldError[] {
  return textAt(source, key) === '' ? [required(`${path}.${key}`)] : [];
}

function hostPathErrors(source: JsonObject, path: string): FieldError[] {
  const value = textAt(source, 'path');
  if (value === '') return [required(`${path}.path`)];
  return value.split('/').includes('..') ? [invalid(`${path}.path`, value, "must not contain '..'")] : [];
}

function modeErrors(source: JsonObject, key: string, path: string): FieldError[] {
  const mode = numberAt(source, key);
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [invalid(`${path}.${key}`, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

function fileErrors(source: JsonObject, path: string): FieldError[] {
  const items = objectsAt(source, 'items').flatMap((item, index) =>
    itemErrors(item, `${path}.items[${index}]`),
  );
  return [...modeErrors(source, 'defaultMode', path), ...items];
}

function itemErrors(item: JsonObject, path: string): FieldError[] {
  const file = textAt(item, 'path');
  const errors = namedField(item, 'key', path, configKeyProblems);
  if (file === '') errors.push(required(`${path}.path`));
  if (file.startsWith('/')) errors.push(invalid(`${path}.path`, file, 'must be a relative path'));
  if (file.split('/').includes('..')) errors.push(invalid(`${path}.path`, file, "must not contain '..'"));
  if (file.startsWith('..') && !file.startsWith('../')) {
    errors.push(invalid(`${path}.path`, file, "must not start with '..'"));
  }
  return [...errors, ...modeErrors(item, 'mode', path)];
}
