import { describe, expect, it } from 'vitest';
import { goRegExp, matches } from './go-regexp.ts';

describe('goRegExp', () => {
  it.each([
    ['^[a-z]+$', 'abc', 'ABC'],
    ['(?i)^abc$', 'ABC', 'x'],
    ['^\\pL+$', 'äß', '1'],
    ['^[[:alpha:]_]+$', 'a_b', 'a1'],
    ['\\Aab\\z', 'ab', 'ab\n'],
    ['^\\Q.*\\E$', '.*', 'ab'],
    ['^(?P<name>a)b$', 'ab', 'b'],
    ['^[-._a-zA-Z]+$', '-._a', '!'],
    ['^a\\-b\\_c\\@\\/$', 'a-b_c@/', 'x'],
    ['^{}$', '{}', 'x'],
    ['^[]a]+$', ']a', 'b'],
    ['^[^/]+$', 'ab', 'a/b'],
    ['^.$', '😀', 'ab'],
    ['^\\x{1F600}$', '😀', 'x'],
    ['^\\d{2,3}$', '12', '１２'],
    ['^https?://[^\\s]+$', 'https://a', 'https:// a'],
  ])('%s matches %j and not %j', (source, good, bad) => {
    expect(matches(source, good)).toBe(true);
    expect(matches(source, bad)).toBe(false);
  });

  it.each(['(', '[a', 'a(?=b)', '(?<!a)b', '(a)\\1', 'a\\'])(
    'refuses %s, which RE2 does not know',
    (source) => {
      expect(() => goRegExp(source)).toThrow(SyntaxError);
    },
  );
});
