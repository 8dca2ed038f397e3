import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPatch, PatchError } from './index.ts';

/** The examples of RFC 6902, appendix A. */
const examples: [string, unknown, unknown[], unknown][] = [
  [
    'A.1 adding a member',
    { foo: 'bar' },
    [{ op: 'add', path: '/baz', value: 'qux' }],
    { baz: 'qux', foo: 'bar' },
  ],
  [
    'A.2 adding an element',
    { foo: ['bar', 'baz'] },
    [{ op: 'add', path: '/foo/1', value: 'qux' }],
    { foo: ['bar', 'qux', 'baz'] },
  ],
  ['A.3 removing a member', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
  ['A.4 removing an element', { foo: [1, 2, 3] }, [{ op: 'remove', path: '/foo/1' }], { foo: [1, 3] }],
  ['A.5 replacing a value', { baz: 'qux' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo' }],
  [
    'A.6 moving a value',
    { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
  ],
  [
    'A.7 moving an element',
    { foo: ['all', 'grass', 'cows', 'eat'] },
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    { foo: ['all', 'cows', 'eat', 'grass'] },
  ],
  [
    'A.8 testing',
    { baz: 'qux', foo: ['a', 2, 'c'] },
    [
      { op: 'test', path: '/baz', value: 'qux' },
      { op: 'test', path: '/foo/1', value: 2 },
    ],
    { baz: 'qux', foo: ['a', 2, 'c'] },
  ],
  [
    'A.10 nested member',
    { foo: 'bar' },
    [{ op: 'add', path: '/child', value: { g: {} } }],
    { foo: 'bar', child: { g: {} } },
  ],
  [
    'A.11 unknown elements',
    { foo: 1 },
    [{ op: 'add', path: '/baz', value: 'qux', xyz: 123 }],
    { foo: 1, baz: 'qux' },
  ],
  ['A.14 escapes', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
  [
    'A.16 array value',
    { foo: ['bar'] },
    [{ op: 'add', path: '/foo/-', value: ['abc'] }],
    { foo: ['bar', ['abc']] },
  ],
];

describe('jsonPatch', () => {
  it.each(examples)('follows RFC 6902 %s', (_name, doc, ops, expected) => {
    expect(jsonPatch(doc, ops)).toEqual(expected);
  });

  it.each([
    [
      'a failed test',
      { a: 1 },
      [{ op: 'test', path: '/a', value: 2 }],
      422,
      'testing value /a failed: test failed',
    ],
    [
      'a missing parent',
      {},
      [{ op: 'add', path: '/a/b', value: 1 }],
      422,
      'doc is missing path: "/a/b": missing value',
    ],
    [
      'removing nothing',
      {},
      [{ op: 'remove', path: '/a' }],
      422,
      'Unable to remove nonexistent key: a: missing value',
    ],
    [
      'an index out of range',
      { a: [] },
      [{ op: 'add', path: '/a/2', value: 1 }],
      422,
      'Unable to access invalid index: 2',
    ],
    [
      'no index',
      { a: [] },
      [{ op: 'add', path: '/a/x', value: 1 }],
      422,
      "value was not a proper array index: 'x'",
    ],
    ['an unknown operation', {}, [{ op: 'constructor', path: '/a' }], 422, 'Unexpected kind: constructor'],
    ['no path', {}, [{ op: 'add', value: 1 }], 422, 'add operation failed to decode path'],
    ['a scalar root', {}, [{ op: 'replace', path: '', value: 1 }], 422, 'must be object or array'],
    ['no list', {}, { op: 'add' }, 400, 'must be an array of operations'],
  ])('refuses %s', (_name, doc, ops, status, message) => {
    const attempt = () => jsonPatch(doc, ops);
    expect(attempt).toThrow(PatchError);
    expect(attempt).toThrow(expect.objectContaining({ status, message: expect.stringContaining(message) }));
  });

  it('counts negative indices from the end', () => {
    expect(jsonPatch({ a: [1, 2, 3] }, [{ op: 'replace', path: '/a/-1', value: 9 }])).toEqual({
      a: [1, 2, 9],
    });
  });

  it('takes at most 10,000 operations', () => {
    const ops = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
    expect(() => jsonPatch({ a: 1 }, ops)).toThrow(expect.objectContaining({ status: 413 }));
    expect(jsonPatch({ a: 1 }, ops.slice(1))).toEqual({ a: 1 });
  });

  it('bounds what copies may add', () => {
    const copies = Array.from({ length: 30 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    expect(() => jsonPatch({ a: ['x'] }, copies)).toThrow('exceeding the limit 3145728');
  });

  it('never reaches a prototype', () => {
    const result = jsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]) as object;
    expect(Object.hasOwn(result, '__proto__')).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('undoes an added member by removing it, and changes no input', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        fc.jsonValue(),
        (doc, key, value) => {
          fc.pre(!Object.hasOwn(doc, key));
          const before = structuredClone(doc);
          const path = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
          const added = jsonPatch(doc, [{ op: 'add', path, value }]);
          expect(jsonPatch(added, [{ op: 'test', path, value }])).toEqual(added);
          expect(jsonPatch(added, [{ op: 'remove', path }])).toEqual(before);
          expect(doc).toEqual(before);
        },
      ),
    );
  });
});
