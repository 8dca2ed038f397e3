/** The schemas of an OpenAPI document, by name, with references between them. */
import { describeModel } from './builtin/descriptions.ts';
import { objectMetaSchema } from './builtin/index.ts';
import { modelOf } from './builtin/kinds.ts';
import { modelNameOf } from './builtin/models.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { ServedKind } from './openapi.ts';
import type { JSONSchema } from './types.ts';

const PREFIX = '#/components/schemas/';
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

const TYPE_META: Record<string, JSONSchema> = {
  apiVersion: {
    type: 'string',
    description:
      'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values.',
  },
  kind: {
    type: 'string',
    description:
      'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase.',
  },
};

export class Definitions {
  private readonly found = new Map<string, JsonObject>();

  /** Adds a kind; returns the reference to it. */
  kind(served: ServedKind): string {
    const { group, version, kind, schema } = served;
    const name = nameOf(group, version, kind);
    const model = modelOf(group, version, kind);
    const body = model === undefined ? this.custom(schema) : this.model(model, schema);
    this.found.set(name, {
      ...body,
      'x-kubernetes-group-version-kind': [{ group, version, kind }] as unknown as JsonValue,
    });
    return `${PREFIX}${name}`;
  }

  schemas(): Record<string, JsonObject> {
    return Object.fromEntries([...this.found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private custom(schema: JSONSchema): JsonObject {
    const metadata: JSONSchema = { $ref: this.reference(objectMetaSchema()) };
    const description = 'Standard object metadata.';
    const properties = { ...schema.properties, ...TYPE_META, metadata: { allOf: [metadata], description } };
    return { ...schema, type: 'object', properties } as unknown as JsonObject;
  }

  private model(model: string, schema: JSONSchema): JsonObject {
    const { description, required, fields } = describeModel(model);
    const properties: JsonObject = {};
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const text = fields[name];
      properties[name] = this.field(child, text);
    }
    const { properties: _, ...rest } = schema;
    return {
      ...(rest as unknown as JsonObject),
      ...(description ? { description } : {}),
      ...(required.length > 0 ? { required: [...required] } : {}),
      properties,
    };
  }

  private field(schema: JSONSchema, description: string | undefined): JsonObject {
    const text: JsonObject = description === undefined ? {} : { description };
    const model = modelNameOf(schema);
    if (model !== undefined)
      return { allOf: [{ $ref: this.reference(schema) }], ...markers(schema), ...text };
    const items = Array.isArray(schema.items) ? undefined : schema.items;
    const additional = schema.additionalProperties;
    const { properties: _p, items: _i, additionalProperties: _a, ...rest } = schema;
    return {
      ...(rest as unknown as JsonObject),
      ...(items ? { items: this.field(items, undefined) } : {}),
      ...(typeof additional === 'object' ? { additionalProperties: this.field(additional, undefined) } : {}),
      ...text,
    };
  }

  /** The reference to a model's schema, which is added with all that it refers to. */
  private reference(schema: JSONSchema): string {
    const model = modelNameOf(schema);
    if (model === undefined) throw new Error('only schemas of models can be referred to');
    const name = model === 'V1ObjectMeta' ? OBJECT_META : definitionName(model);
    if (!this.found.has(name)) {
      // Entered before it is built, so that models that refer to each other end.
      this.found.set(name, {});
      this.found.set(name, this.model(model, schema));
    }
    return `${PREFIX}${name}`;
  }
}

/** `CoreV1EndpointPort` is `io.k8s.api.core.v1.EndpointPort`; most models do not name their group. */
function definitionName(model: string): string {
  const [, group = '', name = model] = /^([A-Z][a-z]+)?V1([A-Z].*)$/.exec(model) ?? [];
  return `io.k8s.api.${group === '' ? '' : `${group.toLowerCase()}.`}v1.${name}`;
}

/** What a field adds to the model it refers to. */
function markers(schema: JSONSchema): JsonObject {
  const entries = Object.entries(schema).filter(([key]) => key.startsWith('x-kubernetes-patch'));
  return Object.fromEntries(entries) as JsonObject;
}

function nameOf(group: string, version: string, kind: string): string {
  const reversed = (group === '' ? 'core.api.k8s.io' : group).split('.').reverse().join('.');
  return `${reversed}.${version}.${kind}`;
}
