/** CustomResourceDefinitions: checked once when written, and compiled for the objects they define. */
import { forbidden, invalid } from '../errors.ts';
import { isObject } from '../json.ts';
import type { FieldError, JSONSchema, KubeObject } from '../types.ts';
import { defaultErrors } from './default-values.ts';
import { type DefinitionSpec, type DefinitionVersion, definitionErrors } from './definition.ts';
import { keywordErrors } from './keywords.ts';
import { compileAllRules } from './rules.ts';
import { structuralErrors } from './structural.ts';

/** One version of a definition, ready to serve objects. */
export interface CompiledVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema: JSONSchema;
  /** Whether `status` has its own endpoint, and paths of the scale subresource. */
  status: boolean;
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  printerColumns: NonNullable<DefinitionVersion['additionalPrinterColumns']>;
}

export interface CompiledDefinition {
  errors: FieldError[];
  versions: Map<string, CompiledVersion>;
}

/** Checks a definition as the real server does. Versions are compiled also when some are in error. */
export function compileDefinition(crd: KubeObject): CompiledDefinition {
  const spec = (isObject(crd.spec) ? crd.spec : {}) as DefinitionSpec;
  const versions = Array.isArray(spec.versions) ? spec.versions : [];
  const name = String((crd.metadata as { name?: unknown } | undefined)?.name ?? '');
  const errors = definitionErrors(name, { ...spec, versions });
  const compiled = new Map<string, CompiledVersion>();
  for (const [index, version] of versions.entries()) {
    const schema = (version.schema?.openAPIV3Schema ?? { type: 'object' }) as JSONSchema;
    errors.push(...schemaErrors(schema, version, schemaPath(versions, index)));
    compiled.set(version.name ?? '', compileVersion(version, schema));
  }
  return { errors: unique(errors), versions: compiled };
}

/** A schema that all versions share counts as one of the definition. */
function schemaPath(versions: readonly DefinitionVersion[], index: number): string {
  const texts = versions.map(({ schema }) => JSON.stringify(schema));
  const shared = texts.every((text) => text === texts[0]);
  return shared ? 'spec.validation.openAPIV3Schema' : `spec.versions[${index}].schema.openAPIV3Schema`;
}

function unique(errors: readonly FieldError[]): FieldError[] {
  const seen = new Set<string>();
  return errors.filter(({ field, message }) => {
    const text = `${field}: ${message}`;
    return !seen.has(text) && seen.add(text);
  });
}

function schemaErrors(schema: JSONSchema, version: DefinitionVersion, path: string): FieldError[] {
  if (!isObject(version.schema?.openAPIV3Schema)) return [];
  const errors = [...rootErrors(schema, version, path), ...keywordErrors(schema, path)];
  const structural = structuralErrors(schema, path);
  errors.push(...structural);
  // Defaults and rules are only meaningful in a schema that is structural.
  if (errors.length > 0) return errors;
  return [...defaultErrors(schema, path), ...compileAllRules(schema, path)];
}

function rootErrors(schema: JSONSchema, version: DefinitionVersion, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.nullable) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  if (version.subresources?.status && schema.type !== undefined && schema.type !== 'object') {
    const detail =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    errors.push(invalid(`${path}.type`, schema.type, detail));
  }
  return errors;
}

function compileVersion(version: DefinitionVersion, schema: JSONSchema): CompiledVersion {
  const { scale, status } = version.subresources ?? {};
  return {
    name: version.name ?? '',
    served: version.served === true,
    storage: version.storage === true,
    schema,
    status: isObject(status),
    ...(scale ? { scale: scale as NonNullable<CompiledVersion['scale']> } : {}),
    printerColumns: version.additionalPrinterColumns ?? [],
  };
}
