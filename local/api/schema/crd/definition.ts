/** Rules on a CustomResourceDefinition outside of its schemas: names, versions, columns, subresources. */
import { invalid, notSupported, required } from '../errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { dns1035Problems, dnsSubdomainProblems } from '../names.ts';
import type { FieldError } from '../types.ts';

/** The parts of a definition that matter here, as they were written. */
export interface DefinitionSpec {
  group?: string;
  scope?: string;
  names?: {
    plural?: string;
    singular?: string;
    kind?: string;
    listKind?: string;
    shortNames?: string[];
    categories?: string[];
  };
  versions?: DefinitionVersion[];
  preserveUnknownFields?: boolean;
  conversion?: { strategy?: string };
}

export interface DefinitionVersion {
  name?: string;
  served?: boolean;
  storage?: boolean;
  schema?: { openAPIV3Schema?: JsonObject };
  subresources?: {
    status?: JsonObject;
    scale?: { specReplicasPath?: string; statusReplicasPath?: string; labelSelectorPath?: string };
  };
  additionalPrinterColumns?: { name?: string; type?: string; format?: string; jsonPath?: string }[];
}

/** The errors of names, scope and versions. */
export function definitionErrors(name: string, spec: DefinitionSpec): FieldError[] {
  return [
    ...groupErrors(spec),
    ...nameErrors(name, spec),
    ...scopeErrors(spec),
    ...versionsErrors(spec),
    ...(spec.preserveUnknownFields ? [preserveError()] : []),
  ];
}

function preserveError(): FieldError {
  const detail =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return invalid('spec.preserveUnknownFields', true, detail);
}

function groupErrors({ group = '' }: DefinitionSpec): FieldError[] {
  if (group === '') return [required('spec.group')];
  const problems = dnsSubdomainProblems(group);
  if (problems.length > 0) return [invalid('spec.group', group, problems.join(','))];
  return group.includes('.')
    ? []
    : [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function nameErrors(name: string, spec: DefinitionSpec): FieldError[] {
  const { names = {} } = spec;
  const errors: FieldError[] = [];
  const expected = `${names.plural ?? ''}.${spec.group ?? ''}`;
  if (name !== expected)
    errors.push(invalid('metadata.name', name, `must be spec.names.plural+"."+spec.group`));
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    errors.push(...nameError(`spec.names.${field}`, names[field] ?? '', field.endsWith('ind')));
  }
  for (const list of ['shortNames', 'categories'] as const) {
    for (const [index, text] of (names[list] ?? []).entries()) {
      errors.push(...nameError(`spec.names.${list}[${index}]`, text, false));
    }
  }
  if (names.kind && names.kind === names.listKind) {
    errors.push(invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  }
  return errors;
}

function nameError(field: string, text: string, mixedCase: boolean): FieldError[] {
  if (text === '') return [required(field)];
  const problems = dns1035Problems(mixedCase ? text.toLowerCase() : text).join(',');
  if (problems === '') return [];
  const prefix = mixedCase ? 'may have mixed case, but should otherwise match: ' : '';
  return [invalid(field, text, `${prefix}${problems}`)];
}

function scopeErrors({ scope = '' }: DefinitionSpec): FieldError[] {
  if (scope === '') return [required('spec.scope')];
  const scopes = ['Cluster', 'Namespaced'];
  return scopes.includes(scope) ? [] : [notSupported('spec.scope', scope, scopes)];
}

function versionsErrors({ versions = [] }: DefinitionSpec): FieldError[] {
  const errors: FieldError[] = [];
  const names = versions.map(({ name = '' }) => name);
  const shown = versions as unknown as JsonValue;
  if (new Set(names).size < names.length) {
    errors.push(invalid('spec.versions', shown, 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(invalid('spec.versions', shown, 'must have exactly one version marked as storage version'));
  }
  for (const [index, version] of versions.entries()) {
    errors.push(...versionErrors(version, `spec.versions[${index}]`));
    errors.push(...columnErrors(version, sharedPath(versions, 'additionalPrinterColumns', index)));
    errors.push(...scaleErrors(version, `${sharedPath(versions, 'subresources', index)}.scale`));
  }
  const problems = dns1035Problems(names[0] ?? '');
  if (problems.length > 0) errors.push(invalid('spec.version', names[0] ?? '', problems.join(',')));
  return errors;
}

/** What all versions share counts as the definition's own. */
export function sharedPath(
  versions: readonly DefinitionVersion[],
  key: keyof DefinitionVersion,
  index: number,
): string {
  const texts = versions.map((version) => JSON.stringify(version[key]));
  return texts.every((text) => text === texts[0]) ? `spec.${key}` : `spec.versions[${index}].${key}`;
}

function versionErrors(version: DefinitionVersion, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const problems = dns1035Problems(version.name ?? '');
  if (problems.length > 0) errors.push(invalid(`${path}.name`, version.name ?? '', problems.join(',')));
  if (!isObject(version.schema?.openAPIV3Schema)) {
    errors.push(required(`${path}.schema.openAPIV3Schema`));
  }
  return errors;
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function columnErrors({ additionalPrinterColumns = [] }: DefinitionVersion, path: string): FieldError[] {
  return additionalPrinterColumns.flatMap((column, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const types = `must be one of ${COLUMN_TYPES.join(',')}`;
    if (!column.name) errors.push(required(`${at}.name`));
    if (!column.type) errors.push(required(`${at}.type`, types));
    else if (!COLUMN_TYPES.includes(column.type)) errors.push(invalid(`${at}.type`, column.type, types));
    if (column.format && !COLUMN_FORMATS.includes(column.format)) {
      errors.push(invalid(`${at}.format`, column.format, `must be one of ${COLUMN_FORMATS.join(',')}`));
    }
    if (!column.jsonPath) errors.push(required(`${at}.JSONPath`));
    return errors;
  });
}

function scaleErrors({ subresources }: DefinitionVersion, path: string): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  return [
    ...replicasPathErrors(`${path}.specReplicasPath`, scale.specReplicasPath, '.spec'),
    ...replicasPathErrors(`${path}.statusReplicasPath`, scale.statusReplicasPath, '.status'),
    ...selectorPathErrors(`${path}.labelSelectorPath`, scale.labelSelectorPath),
  ];
}

function replicasPathErrors(field: string, path: string | undefined, root: string): FieldError[] {
  if (!path) return [required(field)];
  const problem = pathProblem(path);
  if (problem) return [invalid(field, path, problem)];
  return path.startsWith(`${root}.`) ? [] : [invalid(field, path, `should be a json path under ${root}`)];
}

function selectorPathErrors(field: string, path: string | undefined): FieldError[] {
  if (!path) return [];
  const problem = pathProblem(path);
  if (problem) return [invalid(field, path, problem)];
  const known = path.startsWith('.spec.') || path.startsWith('.status.');
  return known ? [] : [invalid(field, path, 'should be a json path under either .spec or .status')];
}

function pathProblem(path: string): string | undefined {
  if (!path.startsWith('.')) return 'must be a simple json path starting with .';
  return /^(\.[^.[\]]+)+$/.test(path) ? undefined : 'must be a json path in the dot notation';
}
