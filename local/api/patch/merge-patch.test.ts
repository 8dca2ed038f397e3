import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePatch, PatchError } from './index.ts';

/** The examples of RFC 7386, appendix A, that the API server can meet. */
const examples: [unknown, unknown, unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

/** Objects of objects; lists hold scalars, since null in objects within lists depends on what was there. */
const { patches } = fc.letrec<{ patches: Record<string, unknown>; value: unknown }>((tie) => ({
  patches: fc.dictionary(fc.string(), tie('value')),
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 1, 'x'),
    fc.array(fc.integer()),
    tie('patches'),
  ),
}));

describe('mergePatch', () => {
  it.each(examples)('makes of %j with %j: %j', (doc, patch, expected) => {
    expect(mergePatch(doc, patch)).toEqual(expected);
  });

  it.each([null, 'bar', 5])('refuses %j, as the server does', (patch) => {
    expect(() => mergePatch({}, patch)).toThrow(PatchError);
  });

  it('changes nothing more when applied again, and no input', () => {
    fc.assert(
      fc.property(patches, patches, (doc, patch) => {
        const inputs = structuredClone([doc, patch]);
        const once = mergePatch(doc, patch);
        expect(mergePatch(once, patch)).toEqual(once);
        expect([doc, patch]).toEqual(inputs);
      }),
    );
  });

  it('drops null from objects in new lists only, as the server does', () => {
    expect(mergePatch({}, { a: [{ x: null }] })).toEqual({ a: [{}] });
    expect(mergePatch({ a: {} }, { a: [{ x: null }] })).toEqual({ a: [{ x: null }] });
  });

  it('leaves a document alone that is patched with nothing', () => {
    fc.assert(
      fc.property(patches, (doc) => {
        expect(mergePatch(doc, {})).toEqual(doc);
      }),
    );
  });
});
