import { describe, expect, it } from 'vitest';
import { headerExtensions } from './header-extensions.ts';

describe('headerExtensions', () => {
  it('gives names that CloudEvents allow', () => {
    const headers = [
      ['X-Trace_Id', 'a'],
      ['Größe', 'b'],
      ['--', 'c'],
    ] as const;
    expect(headerExtensions('p', headers)).toEqual({ pxtraceid: 'a', pgre: 'b' });
  });

  it('leaves out what is large, and what is many', () => {
    const many = Array.from({ length: 40 }, (_, n) => [`h${n}`, 'x'] as const);
    const extensions = headerExtensions('p', [['large', 'x'.repeat(2_000)], ...many]);
    expect(Object.keys(extensions)).toHaveLength(32);
    expect(extensions).not.toHaveProperty('plarge');
    expect(extensions).toHaveProperty('ph31');
  });
});
