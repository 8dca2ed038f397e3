import { describe, expect, it } from 'vitest';
import { compileDefinition, errorText, type JSONSchema, type KubeObject } from '../index.ts';

const ROOT = 'spec.validation.openAPIV3Schema';
const X = `${ROOT}.properties[x]`;

interface Spec {
  group: string;
  names: Record<string, unknown>;
  versions: Record<string, unknown>[];
  [field: string]: unknown;
}

function definition(schema: JSONSchema, change: (spec: Spec) => void = () => {}): KubeObject {
  const spec: Spec = {
    group: 'x.dev',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
  };
  change(spec);
  return { metadata: { name: 'things.x.dev' }, spec };
}

function sentences(crd: KubeObject): string[] {
  return compileDefinition(crd).errors.map(errorText);
}

const withX = (x: JSONSchema) => definition({ type: 'object', properties: { x } });
const item = (properties: Record<string, JSONSchema>): JSONSchema => ({ type: 'object', properties });

describe('compileDefinition: schemas', () => {
  it.each<[string, JSONSchema, string[]]>([
    ['no type', {}, [`${X}.type: Required value: must not be empty for specified object fields`]],
    [
      'an unknown type',
      { type: 'foo' },
      [
        `${X}.type: Unsupported value: "foo": supported values: "array", "boolean", "integer", "number", "object", "string"`,
      ],
    ],
    ['a list without items', { type: 'array' }, [`${X}.items: Required value: must be specified`]],
    [
      'properties beside additionalProperties',
      { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } },
      [`${X}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
    ],
    [
      'uniqueItems',
      { type: 'array', items: { type: 'string' }, uniqueItems: true },
      [
        `${X}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
      ],
    ],
    ['$ref', { type: 'string', $ref: '#/a' }, [`${X}.$ref: Forbidden: $ref is not supported`]],
    [
      'a type within anyOf',
      { type: 'object', anyOf: [{ type: 'string' }] },
      [`${X}.anyOf[0].type: Forbidden: must be empty to be structural`],
    ],
    [
      'int-or-string that keeps unknown fields',
      { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true },
      [
        `${X}.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true`,
      ],
    ],
    [
      'a list-map without keys',
      { type: 'array', items: item({}), 'x-kubernetes-list-type': 'map' },
      [`${X}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`],
    ],
    [
      'a list-map whose key may be absent',
      {
        type: 'array',
        items: item({ k: { type: 'string' } }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
      },
      [
        `${X}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      ],
    ],
    [
      'a default of the wrong type',
      { type: 'string', default: 5 },
      [`${X}.default: Invalid value: "integer":  in body must be of type string: "integer"`],
    ],
    [
      'a default with unknown fields',
      { ...item({ a: { type: 'string' } }), default: { b: 1 } },
      [`${X}.default: Invalid value: {"b":1}: must not have unknown fields`],
    ],
    [
      'a rule that counts on defaults within a default',
      {
        ...item({ a: { type: 'integer', default: 1 } }),
        default: {},
        'x-kubernetes-validations': [{ rule: 'self.a > 0', message: 'a must be positive' }],
      },
      [`${X}.default: Invalid value: "object": no such key: a evaluating rule: a must be positive`],
    ],
    [
      'a transition rule on items without identity',
      {
        type: 'array',
        maxItems: 5,
        items: { type: 'string', maxLength: 5, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
      },
      [
        `${X}.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${X}`,
      ],
    ],
    [
      'a rule with a field path that leads nowhere',
      { type: 'string', 'x-kubernetes-validations': [{ rule: 'true', fieldPath: '.a' }] },
      [`${X}.x-kubernetes-validations[0].fieldPath: Invalid value: ".a": must be a valid path`],
    ],
  ])('refuses %s', (_name, x, expected) => {
    expect(sentences(withX(x))).toEqual(expected);
  });

  it('wants an object at the root, without rules on metadata but for its name', () => {
    expect(sentences(definition({ type: 'string' }))).toEqual([
      `${ROOT}.type: Invalid value: "string": must be object at the root`,
    ]);
    const name: JSONSchema = { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } };
    expect(sentences(definition({ type: 'object', properties: { metadata: name } }))).toEqual([]);
    const labels: JSONSchema = { type: 'object', properties: { labels: { type: 'object' } } };
    expect(sentences(definition({ type: 'object', properties: { metadata: labels } }))).toEqual([
      `${ROOT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
    ]);
  });

  it('accepts int-or-string spelt out', () => {
    const x: JSONSchema = {
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
    };
    expect(sentences(withX(x))).toEqual([]);
  });
});

describe('compileDefinition: everything else', () => {
  const plain: JSONSchema = { type: 'object' };
  it.each<[string, (spec: Spec) => void, string]>([
    [
      'a group that is no domain',
      (spec) => Object.assign(spec, { group: 'x' }),
      'spec.group: Invalid value: "x": should be a domain with at least one dot',
    ],
    ['no scope', (spec) => delete spec.scope, 'spec.scope: Required value'],
    [
      'a kind with a space',
      (spec) => Object.assign(spec.names, { kind: 'My Kind' }),
      'spec.names.kind: Invalid value: "My Kind": may have mixed case, but should otherwise match: ',
    ],
    [
      'the same kind for lists',
      (spec) => Object.assign(spec.names, { listKind: 'Thing' }),
      'spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same',
    ],
    [
      'no storage version',
      (spec) => Object.assign(spec.versions[0] ?? {}, { storage: false }),
      'must have exactly one version marked as storage version',
    ],
    [
      'no schema',
      (spec) => delete spec.versions[0]?.schema,
      'spec.versions[0].schema.openAPIV3Schema: Required value',
    ],
    [
      'a column of no type',
      (spec) =>
        Object.assign(spec.versions[0] ?? {}, {
          additionalPrinterColumns: [{ name: 'a', type: 'x', jsonPath: '.a' }],
        }),
      'spec.additionalPrinterColumns[0].type: Invalid value: "x": must be one of boolean,date,integer,number,string',
    ],
    [
      'a scale path outside of spec',
      (spec) =>
        Object.assign(spec.versions[0] ?? {}, {
          subresources: { scale: { specReplicasPath: '.status.a', statusReplicasPath: '.status.a' } },
        }),
      'spec.subresources.scale.specReplicasPath: Invalid value: ".status.a": should be a json path under .spec',
    ],
  ])('refuses %s', (_name, change, expected) => {
    expect(sentences(definition(plain, change)).join('\n')).toContain(expected);
  });

  it('tells versions apart when their schemas differ', () => {
    const crd = definition(plain, (spec) => {
      const other = { type: 'object', properties: { x: {} } };
      spec.versions.push({ name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: other } });
    });
    expect(sentences(crd)).toEqual([
      'spec.versions[1].schema.openAPIV3Schema.properties[x].type: Required value: must not be empty for specified object fields',
    ]);
    expect([...compileDefinition(crd).versions.keys()]).toEqual(['v1', 'v2']);
  });
});
