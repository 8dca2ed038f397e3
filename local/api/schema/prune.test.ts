import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinSchema, type JSONSchema, type KubeObject, prune, withDefaults } from './index.ts';

const object = (spec: unknown, extra: object = {}): KubeObject => ({
  apiVersion: 'x.dev/v1',
  kind: 'X',
  spec,
  ...extra,
});

function crd(spec: JSONSchema): JSONSchema {
  return { type: 'object', properties: { spec } };
}

const free: JSONSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

describe('prune', () => {
  it('drops unknown fields and tells their paths in order', () => {
    const schema = crd({
      type: 'object',
      properties: {
        list: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
      },
    });
    const result = prune(schema, object({ foo: 1, list: [{ a: 'x', bar: 2 }] }, { zip: true }));
    expect(result.object).toEqual(object({ list: [{ a: 'x' }] }));
    expect(result.unknown).toEqual(['spec.foo', 'spec.list[0].bar', 'zip']);
  });

  it('keeps all keys of a map, and prunes their values', () => {
    const value: JSONSchema = { type: 'object', properties: { a: { type: 'string' } } };
    const schema = crd({ type: 'object', additionalProperties: value });
    const result = prune(schema, object({ any: { a: 'x', b: 1 }, __proto__x: { a: 'y' } }));
    expect(result.object.spec).toEqual({ any: { a: 'x' }, __proto__x: { a: 'y' } });
    expect(result.unknown).toEqual(['spec.any.b']);
  });

  it('keeps unknown fields where it is told to, but prunes what is declared there', () => {
    const inner: JSONSchema = { type: 'object', properties: { known: { type: 'string' } } };
    const schema = crd({ ...free, properties: { inner } });
    const spec = { other: { deep: [1] }, inner: { known: 'x', unknown: 1 } };
    expect(prune(schema, object(spec))).toEqual({
      object: object({ other: { deep: [1] }, inner: { known: 'x' } }),
      unknown: ['spec.inner.unknown'],
    });
  });

  it('keeps the type and metadata of embedded objects', () => {
    const schema = crd({
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      properties: { data: { type: 'string' } },
    });
    const spec = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: 'y', more: 1 };
    expect(prune(schema, object(spec)).unknown).toEqual(['spec.more']);
  });

  it('prunes metadata by its own type', () => {
    const metadata = {
      name: 'x',
      labels: { a: 'b' },
      foo: 1,
      managedFields: [{ fieldsV1: { 'f:a': {} }, bar: 1 }],
    };
    const result = prune(crd(free), object({}, { metadata }));
    expect(result.unknown).toEqual(['metadata.foo', 'metadata.managedFields[0].bar']);
    expect(result.object.metadata).toEqual({
      name: 'x',
      labels: { a: 'b' },
      managedFields: [{ fieldsV1: { 'f:a': {} } }],
    });
  });

  it('takes null for absent where a schema allows neither null nor a default', () => {
    const schema = crd({
      type: 'object',
      properties: {
        plain: { type: 'string' },
        nullable: { type: 'string', nullable: true },
        defaulted: { type: 'string', default: 'x' },
      },
    });
    const spec = { plain: null, nullable: null, defaulted: null };
    const { object: pruned } = prune(schema, object(spec));
    expect(pruned.spec).toEqual({ nullable: null, defaulted: null });
    expect(withDefaults(schema, pruned).spec).toEqual({ nullable: null, defaulted: 'x' });
  });

  it('prunes built-in kinds to the release that is served', () => {
    const schema = builtinSchema('', 'v1', 'Pod') as JSONSchema;
    const pod = object({ containers: [{ name: 'c', imagee: 'x' }], schedulingGroup: {}, hostname: null });
    expect(prune(schema, pod).unknown).toEqual(['spec.containers[0].imagee', 'spec.schedulingGroup']);
    expect(prune(schema, pod).object.spec).toEqual({ containers: [{ name: 'c' }] });
  });

  it('finds nothing more when repeated, and changes no input', () => {
    const leaf: JSONSchema = { type: 'object', properties: { a: { type: 'string' }, b: free } };
    const schema = crd({ type: 'object', properties: { a: leaf, b: { type: 'array', items: leaf } } });
    fc.assert(
      fc.property(fc.jsonValue(), (spec) => {
        const input = object(spec);
        const before = structuredClone(input);
        const once = prune(schema, input);
        expect(prune(schema, once.object)).toEqual({ object: once.object, unknown: [] });
        expect(input).toEqual(before);
      }),
    );
  });
});

describe('withDefaults', () => {
  it('fills in nested defaults of what is there and of what was filled in', () => {
    const item: JSONSchema = { type: 'object', properties: { a: { type: 'integer', default: 1 } } };
    const schema = crd({
      type: 'object',
      default: {},
      properties: {
        inner: { ...item, default: {} },
        list: { type: 'array', items: item },
        map: { type: 'object', additionalProperties: item },
        untouched: item,
      },
    });
    const { spec: _, ...bare } = object({});
    expect(withDefaults(schema, bare).spec).toEqual({ inner: { a: 1 } });
    expect(withDefaults(schema, object({ list: [{}, { a: 2 }], map: { x: {} } })).spec).toEqual({
      inner: { a: 1 },
      list: [{ a: 1 }, { a: 2 }],
      map: { x: { a: 1 } },
    });
  });

  it('gives every object a default of its own', () => {
    const schema = crd({ type: 'object', default: { list: [] }, properties: { list: { type: 'array' } } });
    const first = withDefaults(schema, {}) as { spec: { list: unknown[] } };
    first.spec.list.push(1);
    expect(withDefaults(schema, {}).spec).toEqual({ list: [] });
  });
});
