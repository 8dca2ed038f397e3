/** Schemas of the built-in kinds. */
import type { JSONSchema } from '../types.ts';
import { modelOf } from './kinds.ts';
import { modelSchema } from './models.ts';

const kinds = new Map<string, JSONSchema | undefined>();
const builtins = new WeakSet<JSONSchema>();

/** The schema of a built-in kind; undefined for every other kind. Always the same object for a kind. */
export function builtinSchema(group: string, version: string, kind: string): JSONSchema | undefined {
  const key = `${group}/${version}/${kind}`;
  if (!kinds.has(key)) kinds.set(key, build(group, version, kind));
  return kinds.get(key);
}

function build(group: string, version: string, kind: string): JSONSchema | undefined {
  const model = modelOf(group, version, kind);
  if (model === undefined) return undefined;
  const base = modelSchema(model);
  const schema: JSONSchema = { ...base, 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
  if (kind === 'CustomResourceDefinition') schema.properties = withFreeSpec(base.properties ?? {});
  builtins.add(schema);
  return schema;
}

/** JSONSchemaProps refers to itself; what it may hold is checked when the definition is compiled. */
function withFreeSpec(properties: Record<string, JSONSchema>): Record<string, JSONSchema> {
  const spec = properties.spec ?? {};
  const versions = spec.properties?.versions ?? {};
  const version = versions.items as JSONSchema;
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const items = { ...version, properties: { ...version.properties, schema } };
  return {
    ...properties,
    spec: { ...spec, properties: { ...spec.properties, versions: { ...versions, items } } },
  };
}

/** Whether a schema is that of a built-in kind: such objects are read as Go structs, which drop null. */
export function isBuiltin(schema: JSONSchema): boolean {
  return builtins.has(schema);
}

/** The schema of `metadata`. */
export function objectMetaSchema(): JSONSchema {
  return modelSchema('V1ObjectMeta');
}
