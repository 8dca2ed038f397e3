import { describe, expect, it } from 'vitest';
import {
  compileDefinition,
  errorText,
  type JSONSchema,
  type KubeObject,
  type ValidationRule,
  validate,
} from '../index.ts';

const text: JSONSchema = { type: 'string', maxLength: 100 };
const properties: Record<string, JSONSchema> = {
  i: { type: 'integer' },
  n: { type: 'number' },
  s: text,
  nullable: { ...text, nullable: true },
  list: { type: 'array', maxItems: 10, items: text },
  numbers: { type: 'array', maxItems: 10, items: { type: 'integer' } },
  items: {
    type: 'array',
    maxItems: 10,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
    items: { type: 'object', required: ['k'], properties: { k: text, v: { type: 'integer' } } },
  },
  map: { type: 'object', maxProperties: 10, additionalProperties: text },
  port: { 'x-kubernetes-int-or-string': true },
  time: { type: 'string', format: 'date-time' },
  span: { type: 'string', format: 'duration' },
  bytes: { type: 'string', format: 'byte', maxLength: 100 },
  'dash-ed': text,
  namespace: text,
};

const full = {
  i: 5,
  n: 1.5,
  s: 'hello world',
  nullable: null,
  list: ['a', 'b'],
  numbers: [3, 1, 2],
  items: [{ k: 'a', v: 1 }, { k: 'b' }],
  map: { a: '1', b: '2' },
  port: '80%',
  time: '2026-01-01T00:00:00Z',
  span: '1h30m',
  bytes: 'aGk=',
  'dash-ed': 'd',
  namespace: 'n',
};

function withRule(rule: Partial<ValidationRule> & { rule: string }): JSONSchema {
  return {
    type: 'object',
    properties: { spec: { type: 'object', properties, 'x-kubernetes-validations': [rule] } },
  };
}

function sentences(rule: ValidationRule | string, spec: unknown = full, old?: unknown): string[] {
  const schema = withRule(typeof rule === 'string' ? { rule } : rule);
  return validate(schema, { spec }, old === undefined ? undefined : { spec: old }).map(errorText);
}

describe('CEL rules', () => {
  it.each([
    'self.i == 5 && self.i / 2 == 2 && self.i % 2 == 1',
    'self.n > 1.0 && int(self.n) == 1 && double(self.i) == 5.0',
    "self.s.startsWith('hello') && self.s.endsWith('world') && self.s.contains('lo w') && self.s.matches('^h.*d$')",
    'self.s.size() == 11 && size(self.list) == 2',
    'self.list.all(x, x.size() == 1) && self.list.exists(x, x == "a") && self.list.exists_one(x, x == "b")',
    "self.list.map(x, x + 'z') == ['az', 'bz'] && self.list.filter(x, x == 'a').size() == 1",
    'self.numbers.sum() == 6 && self.numbers.max() == 3 && self.numbers.min() == 1 && !self.numbers.isSorted()',
    "'a' in self.map && self.map['a'] == '1' && self.map.all(k, self.map[k].size() == 1)",
    'has(self.items[0].v) && !has(self.items[1].v) && self.items[0].v == 1',
    '!has(self.nullable) && has(self.s)',
    'type(self.port) == string && self.port == "80%"',
    "self.time > timestamp('2025-01-01T00:00:00Z') && self.time.getFullYear() == 2026",
    "self.span == duration('90m') && self.bytes == b'hi'",
    "self.dash__dash__ed == 'd' && self.__namespace__ == 'n'",
    "quantity('1Gi').isGreaterThan(quantity('500Mi')) && !isQuantity('x')",
    "self.s.find('[a-z]+') == 'hello' && self.s.findAll('[a-z]+').size() == 2 && self.s.charAt(1) == 'e'",
    "self.s.replace('l', 'L', 2) == 'heLLo world' && self.s.split(' ').join('-') == 'hello-world'",
    'self.items == self.items && self.list.indexOf("b") == 1',
    "self.?i.orValue(0) == 5 && isURL('https://a.b') && isIP('::1') && isCIDR('10.0.0.0/8')",
  ])('%s', (rule) => {
    expect(sentences(rule)).toEqual([]);
  });

  it('says what failed: by message, messageExpression, or the rule', () => {
    const rule = 'self.i > 10';
    expect(sentences(rule)).toEqual(['spec: Invalid value: failed rule: self.i > 10']);
    expect(sentences({ rule, message: 'too small' })).toEqual(['spec: Invalid value: too small']);
    const messageExpression = "'want more than 10, not ' + string(self.i)";
    expect(sentences({ rule, messageExpression })).toEqual(['spec: Invalid value: want more than 10, not 5']);
    expect(sentences({ rule, message: 'fixed', messageExpression: "''" })).toEqual([
      'spec: Invalid value: fixed',
    ]);
  });

  it('puts the error at the field path, with the reason', () => {
    const at = (reason: string) => sentences({ rule: 'false', message: 'no', fieldPath: '.i', reason });
    expect(at('FieldValueRequired')).toEqual(['spec.i: Required value: no']);
    expect(at('FieldValueForbidden')).toEqual(['spec.i: Forbidden: no']);
    expect(at('FieldValueDuplicate')).toEqual(['spec.i: Duplicate value: no']);
  });

  it('shows scalars, but no objects', () => {
    const schema: JSONSchema = {
      type: 'object',
      properties: { v: { ...text, 'x-kubernetes-validations': [{ rule: 'self != "x"' }] } },
    };
    expect(validate(schema, { v: 'x' }).map(errorText)).toEqual([
      'v: Invalid value: "x": failed rule: self != "x"',
    ]);
  });

  it.each([
    ['self.map["z"] == "1"', 'no such key: z evaluating rule'],
    ['self.items[1].v == 1', 'no such key: v evaluating rule'],
    ['self.items[7].k == "x"', 'index out of bounds: 7 evaluating rule'],
    ['self.i / 0 == 1', 'division by zero evaluating rule'],
  ])('reports that %s cannot be evaluated', (rule, problem) => {
    expect(sentences(rule)).toEqual([`spec: Invalid value: "object": ${problem}: ${rule}`]);
  });

  it('compares with the stored value on updates only', () => {
    const rule = 'self.i >= oldSelf.i';
    expect(sentences(rule, { i: 1 })).toEqual([]);
    expect(sentences(rule, { i: 1 }, { i: 2 })).toEqual([
      'spec: Invalid value: failed rule: self.i >= oldSelf.i',
    ]);
    const optional = {
      rule: 'oldSelf.hasValue() ? self.i >= oldSelf.value().i : self.i == 0',
      optionalOldSelf: true,
    };
    expect(sentences(optional, { i: 0 })).toEqual([]);
    expect(sentences(optional, { i: 1 })).toHaveLength(1);
    expect(sentences(optional, { i: 3 }, { i: 2 })).toEqual([]);
  });

  it('runs on every item and value', () => {
    const rules: ValidationRule[] = [{ rule: 'self.size() < 2', message: 'too long' }];
    const short = { ...text, 'x-kubernetes-validations': rules };
    const schema: JSONSchema = {
      type: 'object',
      properties: {
        list: { type: 'array', items: short },
        map: { type: 'object', additionalProperties: short },
      },
    };
    expect(validate(schema, { list: ['a', 'bb'], map: { k: 'cc' } }).map(errorText)).toEqual([
      'list[1]: Invalid value: "bb": too long',
      'map[k]: Invalid value: "cc": too long',
    ]);
  });

  it('sees the name of an object', () => {
    const schema: JSONSchema = {
      type: 'object',
      'x-kubernetes-validations': [{ rule: 'self.metadata.name != "x"', message: 'no x' }],
    };
    expect(validate(schema, { metadata: { name: 'x' } }).map(errorText)).toEqual([
      '<nil>: Invalid value: no x',
    ]);
  });

  it.each([
    ['self.missing == 1', 'No such key: missing'],
    ['has(self.missing)', 'No such key: missing'],
    ['self.i == "x"', 'no such overload: int == string'],
    ['self.i', 'cel expression must evaluate to a bool'],
    ['self.i == (', 'ERROR: <input>:1:'],
    ['self.i == 5.0', 'no such overload: int == double'],
    ['unknown == 1', 'Unknown variable: unknown'],
  ])('does not compile %s', (rule, problem) => {
    const { errors } = compileDefinition(definitionWith(rule));
    expect(errors.map(({ field }) => field)).toEqual([
      'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule',
    ]);
    expect(errors[0]?.message).toContain(problem);
  });
});

function definitionWith(rule: string): KubeObject {
  return {
    metadata: { name: 'things.x.dev' },
    spec: {
      group: 'x.dev',
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: withRule({ rule }) } },
      ],
    },
  };
}
