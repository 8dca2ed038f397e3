import { describe, expect, it } from 'vitest';
import { errorText } from '../errors.ts';
import type { JSONSchema, KubeObject } from '../types.ts';
import { validate } from './index.ts';

function sentences(schema: JSONSchema, value: unknown, old?: unknown): string[] {
  const root: JSONSchema = { type: 'object', properties: { v: schema } };
  const stored = old === undefined ? undefined : ({ v: old } as KubeObject);
  return validate(root, { v: value }, stored).map(errorText);
}

const composite = (sentence: string) => `<nil>: Invalid value: "": "v" ${sentence}`;

describe('validate', () => {
  it.each<[string, JSONSchema, unknown, string[]]>([
    [
      'a type',
      { type: 'string' },
      5,
      ['v: Invalid value: "integer": v in body must be of type string: "integer"'],
    ],
    [
      'a fraction',
      { type: 'integer' },
      1.5,
      ['v: Invalid value: "number": v in body must be of type integer: "number"'],
    ],
    [
      'null',
      { type: 'string' },
      null,
      ['v: Invalid value: "null": v in body must be of type string: "null"'],
    ],
    [
      'int-or-string',
      { 'x-kubernetes-int-or-string': true },
      true,
      ['v: Invalid value: "boolean": v in body must be of type integer,string: "boolean"'],
    ],
    [
      'an enum',
      { type: 'string', enum: ['b', 'a'] },
      'c',
      ['v: Unsupported value: "c": supported values: "b", "a"'],
    ],
    ['maxLength', { type: 'string', maxLength: 2 }, 'äöü', ['v: Too long: may not be more than 2 bytes']],
    [
      'minLength',
      { type: 'string', minLength: 2 },
      'x',
      ['v: Invalid value: "x": v in body should be at least 2 chars long'],
    ],
    [
      'a pattern',
      { type: 'string', pattern: '^a+$' },
      'b',
      [`v: Invalid value: "b": v in body should match '^a+$'`],
    ],
    [
      'minimum',
      { type: 'integer', minimum: 1 },
      0,
      ['v: Invalid value: 0: v in body should be greater than or equal to 1'],
    ],
    [
      'maximum',
      { type: 'number', maximum: 1.5 },
      2,
      ['v: Invalid value: 2: v in body should be less than or equal to 1.5'],
    ],
    [
      'an exclusive minimum',
      { type: 'integer', minimum: 1, exclusiveMinimum: true },
      1,
      ['v: Invalid value: 1: v in body should be greater than 1'],
    ],
    [
      'multipleOf',
      { type: 'integer', multipleOf: 5 },
      7,
      ['v: Invalid value: 7: v in body should be a multiple of 5'],
    ],
    [
      'maxItems',
      { type: 'array', items: { type: 'integer' }, maxItems: 1 },
      [1, 2],
      ['v: Too many: 2: must have at most 1 item'],
    ],
    [
      'minItems',
      { type: 'array', minItems: 1 },
      [],
      ['v: Invalid value: 0: v in body should have at least 1 items'],
    ],
    [
      'maxProperties',
      { type: 'object', maxProperties: 0 },
      { a: 1 },
      ['v: Too many: 1: must have at most 0 items'],
    ],
    [
      'minProperties',
      { type: 'object', minProperties: 1 },
      {},
      ['v: Invalid value: 0: v in body should have at least 1 properties'],
    ],
    ['required', { type: 'object', required: ['a'] }, {}, ['v.a: Required value']],
    [
      'items of a list',
      { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } } } },
      [{ n: 1 }, { n: 'x' }],
      ['v[1].n: Invalid value: "string": v[1].n in body must be of type integer: "string"'],
    ],
    [
      'anyOf',
      { anyOf: [{ minimum: 5 }, { maximum: 1 }] },
      3,
      [
        composite('must validate at least one schema (anyOf)'),
        'v: Invalid value: 3: v in body should be greater than or equal to 5',
      ],
    ],
    [
      'oneOf',
      { oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      [composite('must validate one and only one schema (oneOf). Found 2 valid alternatives')],
    ],
    ['not', { type: 'integer', not: { minimum: 1 } }, 3, [composite('must not validate the schema (not)')]],
    [
      'a set',
      { type: 'array', 'x-kubernetes-list-type': 'set' },
      ['a', 'b', 'a'],
      ['v[2]: Duplicate value: "a"'],
    ],
    [
      'a date-time',
      { type: 'string', format: 'date-time' },
      'today',
      ['v: Invalid value: "today": v in body must be of type date-time: "today"'],
    ],
    [
      'an IPv4 address',
      { type: 'string', format: 'ipv4' },
      '1.2.3',
      ['v: Invalid value: "1.2.3": v in body must be of type ipv4: "1.2.3"'],
    ],
  ])('checks %s', (_name, schema, value, expected) => {
    expect(sentences(schema, value)).toEqual(expected);
  });

  it.each<[JSONSchema, unknown]>([
    [{ type: 'number' }, 5],
    [{ type: 'string', nullable: true }, null],
    [{ 'x-kubernetes-int-or-string': true }, '80%'],
    [{ type: 'string', format: 'something-else' }, 'x'],
    [{ type: 'integer', format: 'int32' }, 3_000_000_000],
    [{ type: 'string', maxLength: 3 }, 'äöü'],
    [{ type: 'string', format: 'duration' }, '1h30m'],
    [{ 'x-kubernetes-preserve-unknown-fields': true }, [{}]],
  ])('accepts by %j: %j', (schema, value) => {
    expect(sentences(schema, value)).toEqual([]);
  });

  it('demands the type of embedded objects', () => {
    const schema: JSONSchema = { type: 'object', 'x-kubernetes-embedded-resource': true };
    expect(sentences(schema, { kind: 'X' })).toEqual(['v.apiVersion: Required value: must not be empty']);
  });

  it('tells items of a list-map apart by all their keys, with defaults', () => {
    const schema: JSONSchema = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: {
        type: 'object',
        properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } },
      },
    };
    const items = [{ port: 1 }, { port: 1, protocol: 'UDP' }, { port: 1, protocol: 'TCP' }];
    expect(sentences(schema, items)).toEqual(['v[2]: Duplicate value: {"port":1,"protocol":"TCP"}']);
  });

  it('reports what an update changes, and compares items of list-maps by key', () => {
    const schema: JSONSchema = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string' }, n: { type: 'integer', maximum: 1 } } },
    };
    const old = [{ k: 'a', n: 9 }];
    expect(sentences(schema, [{ k: 'b' }, { k: 'a', n: 9 }], old)).toEqual([]);
    expect(sentences(schema, [{ k: 'a', n: 8 }], old)).toHaveLength(1);
    const plain = { ...schema, 'x-kubernetes-list-type': 'atomic' } as JSONSchema;
    expect(sentences(plain, [{ k: 'b' }, { k: 'a', n: 9 }], old)).toHaveLength(1);
  });
});
