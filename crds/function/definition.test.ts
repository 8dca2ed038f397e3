import { describe, expect, it } from 'vitest';
import { functionDefinition } from './definition.ts';

type Schema = { [key: string]: unknown };

/** Every object in the schema that is itself a schema of one field, with its path. */
function* fields(schema: Schema, path: string): Generator<[string, Schema]> {
  for (const [name, child] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
    yield [`${path}.${name}`, child];
    yield* fields(child, `${path}.${name}`);
  }
  for (const [keyword, suffix] of [
    ['items', '[]'],
    ['additionalProperties', '{}'],
  ] as const) {
    const child = schema[keyword] as Schema | undefined;
    if (child) yield* fields(child, path + suffix);
  }
}

const definition = JSON.parse(JSON.stringify(functionDefinition()));
const root: Schema = definition.spec.versions[0].schema.openAPIV3Schema;
const spec = (root.properties as Record<string, Schema>).spec as Schema;

describe('the Function schema', () => {
  it('uses no keyword that a structural schema forbids', () => {
    const forbidden = ['$ref', 'const', 'patternProperties', 'definitions', 'deprecated', 'id', 'readOnly'];
    const used = [...fields(root, '')].flatMap(([path, schema]) =>
      forbidden.filter((keyword) => keyword in schema).map((keyword) => `${path}: ${keyword}`),
    );
    expect(used).toEqual([]);
  });

  it('describes every field of the spec, for kubectl explain', () => {
    const silent = [...fields(spec, 'spec')]
      .filter(([, schema]) => typeof schema.description !== 'string')
      .map(([path]) => path);
    expect(silent).toEqual([]);
  });

  it('bounds every integer, string and list of the spec', () => {
    const unbounded = [...fields(spec, 'spec')]
      .filter(
        ([, schema]) =>
          (schema.type === 'integer' && (schema.minimum === undefined || schema.maximum === undefined)) ||
          (schema.type === 'string' && !('maxLength' in schema || 'enum' in schema || 'pattern' in schema)) ||
          (schema.type === 'array' && schema.maxItems === undefined),
      )
      .map(([path]) => path);
    expect(unbounded).toEqual([]);
  });

  it('never requires a field that has a default', () => {
    const contradictions = [...fields(root, ''), ['', root] as [string, Schema]].flatMap(([path, schema]) =>
      ((schema.required ?? []) as string[])
        .filter((name) => (schema.properties as Record<string, Schema>)[name]?.default !== undefined)
        .map((name) => `${path}.${name}`),
    );
    expect(contradictions).toEqual([]);
  });

  it('defaults within its own bounds', () => {
    const outside = [...fields(spec, 'spec')]
      .filter(([, { default: value, minimum, maximum }]) =>
        typeof value === 'number' ? value < (minimum as number) || value > (maximum as number) : false,
      )
      .map(([path]) => path);
    expect(outside).toEqual([]);
  });
});
