import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalQuantity, compareQuantities, isQuantity } from './quantity.ts';

describe('quantities', () => {
  it.each([
    ['0.5', '500m'],
    ['1000', '1k'],
    ['1000000', '1M'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['512Ki', '512Ki'],
    ['0.5Ki', '512'],
    ['1000m', '1'],
    ['-1500m', '-1500m'],
    ['1e3', '1e3'],
    ['12E2', '1200'],
    ['0', '0'],
    ['0Mi', '0'],
    ['.5', '500m'],
    ['1n', '1n'],
    ['0.1n', '1n'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it.each(['', 'x', '1 Gi', '1gi', '--1', '1.2.3', '1e999', '9'.repeat(100)])('refuses %j', (text) => {
    expect(isQuantity(text)).toBe(false);
  });

  it('keeps the value, and the form once it is canonical', () => {
    const suffixes = fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e3');
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), suffixes, (number, suffix) => {
        const text = `${number}${suffix}`;
        const canonical = canonicalQuantity(text);
        expect(compareQuantities(canonical, text)).toBe(0);
        expect(canonicalQuantity(canonical)).toBe(canonical);
      }),
    );
  });

  it('compares over suffixes', () => {
    expect(compareQuantities('1Gi', '1G')).toBe(1);
    expect(compareQuantities('999m', '1')).toBe(-1);
    expect(compareQuantities('0.001', '1m')).toBe(0);
  });
});
