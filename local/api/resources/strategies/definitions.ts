/** CustomResourceDefinitions: what is filled in and what is refused. */
import type { FieldError } from '../../core/field-errors.ts';
import { type ApiObject, isRecord, listAt, recordAt, stringAt } from '../../core/objects.ts';
import { definitionErrors } from '../compiled-definition.ts';
import type { Strategy } from '../resource.ts';
import { immutable } from './base.ts';

/** Keeps a definition until the objects it defines are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export const definitionStrategy: Partial<Strategy> = {
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  defaults: withDefaults,
  prepareCreate: (definition) => ({ ...definition, status: initialStatus(definition) }),
  prepareUpdate: (next) => next,
  validate: (definition, live, subresource) =>
    subresource === 'status'
      ? []
      : [
          ...nameErrors(definition),
          ...versionErrors(definition),
          ...(live ? changeErrors(definition, live) : []),
          ...definitionErrors(definition),
        ],
};

function withDefaults(definition: ApiObject): ApiObject {
  const spec = recordAt(definition, 'spec') ?? {};
  const names = recordAt(spec, 'names') ?? {};
  const kind = typeof names.kind === 'string' ? names.kind : '';
  return {
    ...definition,
    spec: {
      ...spec,
      names: {
        ...names,
        ...(names.singular || !kind ? {} : { singular: kind.toLowerCase() }),
        ...(names.listKind || !kind ? {} : { listKind: `${kind}List` }),
      },
      conversion: spec.conversion ?? { strategy: 'None' },
    },
  };
}

function initialStatus(definition: ApiObject): object {
  return {
    conditions: [],
    acceptedNames: { kind: '', plural: '' },
    storedVersions: [storageVersion(definition)].filter((it) => it !== undefined),
  };
}

export function storageVersion(definition: ApiObject): string | undefined {
  return stringAt(
    listAt(definition, 'spec', 'versions').find((it) => isRecord(it) && it.storage === true),
    'name',
  );
}

function nameErrors({ metadata, ...definition }: ApiObject): FieldError[] {
  const plural = stringAt(definition, 'spec', 'names', 'plural');
  const group = stringAt(definition, 'spec', 'group');
  const errors: FieldError[] = [];
  const require = (field: string) => errors.push({ type: 'Required', field, message: '' });
  if (!group) require('spec.group');
  if (!plural) require('spec.names.plural');
  if (!stringAt(definition, 'spec', 'names', 'kind')) require('spec.names.kind');
  const expected = `${plural}.${group}`;
  if (plural && group && metadata.name !== expected) {
    const message = `must be spec.names.plural+"."+spec.group`;
    errors.push({ type: 'Invalid', field: 'metadata.name', value: metadata.name, message });
  }
  const scope = stringAt(definition, 'spec', 'scope');
  if (scope !== 'Namespaced' && scope !== 'Cluster') {
    const message = 'supported values: "Cluster", "Namespaced"';
    errors.push({ type: 'NotSupported', field: 'spec.scope', value: scope ?? '', message });
  }
  return errors;
}

function versionErrors(definition: ApiObject): FieldError[] {
  const versions = listAt(definition, 'spec', 'versions').filter(isRecord);
  const errors: FieldError[] = [];
  if (versions.filter((it) => it.storage === true).length !== 1) {
    const message = 'must have exactly one version marked as storage version';
    errors.push({ type: 'Invalid', field: 'spec.versions', value: versions.map((it) => it.name), message });
  }
  for (const [index, version] of versions.entries()) {
    if (recordAt(version, 'schema', 'openAPIV3Schema')) continue;
    errors.push({
      type: 'Required',
      field: `spec.versions[${index}].schema.openAPIV3Schema`,
      message: 'schemas are required',
    });
  }
  return errors;
}

function changeErrors(definition: ApiObject, live: ApiObject): FieldError[] {
  const fixed = ['group', 'scope'].filter(
    (field) => stringAt(definition, 'spec', field) !== stringAt(live, 'spec', field),
  );
  const errors = fixed.map((field) => immutable(`spec.${field}`, stringAt(definition, 'spec', field)));
  for (const field of ['kind', 'plural']) {
    const value = stringAt(definition, 'spec', 'names', field);
    if (value !== stringAt(live, 'spec', 'names', field))
      errors.push(immutable(`spec.names.${field}`, value));
  }
  return errors;
}
