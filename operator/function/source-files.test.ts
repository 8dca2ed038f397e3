import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileKey } from './source-files.ts';

const segment = fc.stringMatching(/^[A-Za-z0-9_@-][A-Za-z0-9._@-]{0,8}$/);
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'));

describe('fileKey', () => {
  it('leaves a plain name readable', () => {
    expect(fileKey('index.mjs')).toBe('index.mjs');
    expect(fileKey('lib/@scope/a_b.mjs')).toBe('lib_._-scope_.a__b.mjs');
  });

  it('makes a valid ConfigMap key of every path the schema accepts', () => {
    fc.assert(fc.property(path, (value) => /^[-._a-zA-Z0-9]{1,253}$/.test(fileKey(value))));
  });

  it('never gives two paths one key', () => {
    fc.assert(fc.property(path, path, (a, b) => a === b || fileKey(a) !== fileKey(b)));
  });

  it('bounds the key of a very long path', () => {
    const long = 'x'.repeat(400);
    expect(fileKey(long)).toMatch(/^_h[0-9a-f]{64}$/);
    expect(fileKey(`${long}y`)).not.toBe(fileKey(long));
  });
});
