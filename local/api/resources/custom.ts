/** The resources that a CustomResourceDefinition serves, one per version. */
import { type ApiObject, deepEqual, isRecord, listAt, recordAt, stringAt, valueAt } from '../core/objects.ts';
import type { SelectableFields } from '../requests/field-selector.ts';
import { compileDefinition, type JSONSchema, withDefaults } from '../schema/index.ts';
import { customTable, type PrinterColumn } from '../tables/custom.ts';
import { ALL_VERBS, type Resource, type ScalePaths, type Strategy } from './resource.ts';
import { customErrors } from './schemas.ts';
import { clusterFields, fieldReader, namespacedFields } from './selectable-fields.ts';

/** Throws when the definition does not compile; validated ones do. */
export function customResources(definition: ApiObject): Resource[] {
  const { versions } = compileDefinition(definition);
  return listAt(definition, 'spec', 'versions')
    .filter(isRecord)
    .filter((version) => version.served === true)
    .map((version) => {
      const name = stringAt(version, 'name') ?? '';
      const schema = versions.get(name)?.schema;
      if (!schema) throw new Error(`version ${name} of ${definition.metadata.name} has no compiled schema`);
      return customResource(definition, version, schema);
    });
}

function customResource(
  definition: ApiObject,
  version: Record<string, unknown>,
  schema: JSONSchema,
): Resource {
  const names = recordAt(definition, 'spec', 'names') ?? {};
  const group = stringAt(definition, 'spec', 'group') ?? '';
  const name = stringAt(version, 'name') ?? '';
  const namespaced = stringAt(definition, 'spec', 'scope') === 'Namespaced';
  const scale = recordAt(version, 'subresources', 'scale');
  return {
    group,
    version: name,
    kind: String(names.kind),
    listKind: String(names.listKind),
    plural: String(names.plural),
    singular: String(names.singular),
    shortNames: listAt(names, 'shortNames').map(String),
    categories: listAt(names, 'categories').map(String),
    namespaced,
    bucket: bucketOf(definition),
    verbs: ALL_VERBS,
    subresources: [
      ...(recordAt(version, 'subresources', 'status') ? ['status'] : []),
      ...(scale ? ['scale'] : []),
    ],
    ...(scale ? { scale: scalePaths(scale) } : {}),
    custom: true,
    selectable: selectableFields(version, namespaced),
    columns: customTable(listAt(version, 'additionalPrinterColumns') as PrinterColumn[]),
    strategy: customStrategy(schema, namespaced),
    schema: () => schema,
    convert: versionConversion(`${group}/${name}`, schema),
  };
}

export function bucketOf(definition: ApiObject): string {
  return definition.metadata.name;
}

function customStrategy(schema: JSONSchema, namespaced: boolean): Strategy {
  return {
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    hasGeneration: true,
    keepsStatusOnCreate: false,
    statusTakesMetadata: false,
    returnsDeletedObject: false,
    defaults: (object) => withDefaults(schema, object) as ApiObject,
    validate: (object, live) => customErrors(schema, namespaced, object, live),
  };
}

/**
 * Versions differ in nothing but their name: the conversion strategy `None`. Objects that were stored
 * before the definition had a default get it when they are read.
 */
function versionConversion(apiVersion: string, schema: JSONSchema): Resource['convert'] {
  return {
    toStorage: (object) => object,
    fromStorage(object) {
      const read = withDefaults(schema, { ...object, apiVersion }) as ApiObject;
      return deepEqual(read, object) ? object : read;
    },
  };
}

function fieldsOf(path: string | undefined): string[] {
  return (path ?? '').split('.').filter((field) => field !== '');
}

function scalePaths(scale: Record<string, unknown>): ScalePaths {
  const selectorPath = fieldsOf(stringAt(scale, 'labelSelectorPath'));
  return {
    specReplicas: fieldsOf(stringAt(scale, 'specReplicasPath')),
    statusReplicas: fieldsOf(stringAt(scale, 'statusReplicasPath')),
    selector: (object) => (selectorPath.length > 0 ? String(valueAt(object, selectorPath) ?? '') : ''),
    defaultReplicas: 0,
  };
}

function selectableFields(version: Record<string, unknown>, namespaced: boolean): SelectableFields {
  const own = listAt(version, 'selectableFields')
    .map((it) => stringAt(it, 'jsonPath'))
    .filter((path) => path !== undefined)
    .map((path) => path.replace(/^\./, ''));
  return {
    ...(namespaced ? namespacedFields : clusterFields),
    ...Object.fromEntries(own.map((path) => [path, fieldReader(path)])),
  };
}
