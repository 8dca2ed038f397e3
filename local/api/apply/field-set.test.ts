import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldSet, pathText } from './field-set.ts';
import { fromFieldsV1, toFieldsV1 } from './fields-v1.ts';
import { fieldElement, keyElement, type PathElement, valueElement } from './path-element.ts';

const element: fc.Arbitrary<PathElement> = fc.oneof(
  fc.constantFrom('a', 'b', '.', '__proto__').map(fieldElement),
  fc.constantFrom('x', 1, true).map((value) => keyElement([['name', value]])),
  fc.constantFrom('x', 2, false).map(valueElement),
);
const sets = fc
  .array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 })
  .map((paths) => FieldSet.of(paths));

describe('FieldSet', () => {
  it('survives FieldsV1, also as text', () => {
    fc.assert(
      fc.property(sets, (set) => {
        expect(fromFieldsV1(JSON.parse(JSON.stringify(toFieldsV1(set)))).equals(set)).toBe(true);
      }),
    );
  });

  it('obeys the laws of sets', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        expect(a.union(b).equals(b.union(a))).toBe(true);
        expect(a.intersection(b).equals(b.intersection(a))).toBe(true);
        expect(a.difference(b).union(a.intersection(b)).equals(a)).toBe(true);
        expect(a.union(a).equals(a)).toBe(true);
        expect(a.difference(a).isEmpty).toBe(true);
        for (const path of a.paths()) expect(a.union(b).has(path)).toBe(true);
      }),
    );
  });

  it('removes what lies below a path only when told to', () => {
    const [a, b] = [fieldElement('a'), fieldElement('b')];
    const set = FieldSet.of([[a], [a, b]]);
    expect(set.difference(FieldSet.of([[a]])).equals(FieldSet.of([[a, b]]))).toBe(true);
    expect(set.recursiveDifference(FieldSet.of([[a]])).isEmpty).toBe(true);
  });

  it('writes paths as messages show them', () => {
    const path = [
      fieldElement('spec'),
      keyElement([
        ['port', 80],
        ['protocol', 'TCP'],
      ]),
      valueElement('x'),
    ];
    expect(pathText(path)).toBe('.spec[port=80,protocol="TCP"][="x"]');
  });

  it('drops kinds of elements that it does not know, and refuses what is none', () => {
    expect(toFieldsV1(fromFieldsV1({ 'f:a': {}, 'z:b': {} }))).toEqual({ 'f:a': {} });
    expect(() => fromFieldsV1({ broken: {} })).toThrow(SyntaxError);
  });
});
