import { describe, expect, it } from 'vitest';
import { pathFaults } from './paths.ts';

describe('pathFaults', () => {
  it.each(['index.mjs', 'a/b/c.txt', '.env', '..a', 'a/..b/c', 'a b', 'grüße.mjs', 'a\\b', '__proto__'])(
    'has nothing against %s',
    (path) => {
      expect(pathFaults([path])).toEqual([]);
    },
  );

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    './a',
    '..',
    '../a',
    'a/../../b',
    'a/..',
    'a/./b',
    'a\0b',
    'x'.repeat(256),
    `${'a/'.repeat(512)}b`,
  ])('refuses %j', (path) => {
    expect(pathFaults([path])).toEqual([`${JSON.stringify(path)} is no path`]);
  });

  it('finds what cannot be at the same time', () => {
    expect(pathFaults(['a/b', 'a/b/c', 'd', 'd', 'e', 'e.mjs'])).toEqual([
      '"d" is there twice',
      '"a/b" is both a file and a directory',
    ]);
  });
});
