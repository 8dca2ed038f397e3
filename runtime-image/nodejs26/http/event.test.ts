import { describe, expect, it } from 'vitest';
import { parseQuery } from './event.ts';

describe('parseQuery', () => {
  it.each([
    ['', {}],
    ['a=1&b=%20+c', { a: '1', b: '  c' }],
    ['a=1&a=2&a=3', { a: ['1', '2', '3'] }],
    ['flag', { flag: '' }],
    ['bad=%zz', { bad: '%zz' }],
  ])('%s', (text, expected) => {
    expect({ ...parseQuery(text) }).toEqual(expected);
  });

  it('takes names that objects inherit as plain names', () => {
    const query = parseQuery('__proto__=1&constructor=2');
    expect(Object.entries(query)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
    expect(query.toString).toBeUndefined();
  });
});
