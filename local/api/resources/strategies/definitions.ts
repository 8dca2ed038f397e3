/** CustomResourceDefinitions: what is filled in and what is refused. */
import type { FieldError } from '../../core/field-errors.ts';
import { type ApiObject, isRecord, listAt, stringAt } from '../../core/objects.ts';
import { printerColumnErrors } from '../printer-columns.ts';
import type { Strategy } from '../resource.ts';
import { immutable } from './base.ts';

/** Keeps a definition until the objects it defines are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export const definitionStrategy: Partial<Strategy> = {
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  prepareCreate: (definition) => ({ ...definition, status: initialStatus(definition) }),
  validate: (definition, live, subresource) =>
    subresource === 'status'
      ? []
      : [...(live ? changeErrors(definition, live) : []), ...printerColumnErrors(definition)],
};

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
