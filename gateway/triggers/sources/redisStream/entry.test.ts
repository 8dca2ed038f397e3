import { describe, expect, it } from 'vitest';
import { type EntryOrigin, entryEvent } from './entry.ts';

const origin: EntryOrigin = { source: 'redis://r:6379/0/s', stream: 's', orderBy: 'none' };
const dataOf = (...fields: string[]) => JSON.parse(String(entryEvent('1-0', fields, origin).data));

describe('entryEvent', () => {
  it('keeps every value of a name, and names that objects have by nature', () => {
    expect(dataOf('a', '1', 'a', '2', 'a', '3')).toEqual({ a: ['1', '2', '3'] });
    expect(Object.entries(dataOf('__proto__', 'x', 'toString', 'y'))).toEqual([
      ['__proto__', 'x'],
      ['toString', 'y'],
    ]);
  });

  it('has a time when the id has one', () => {
    expect(entryEvent('1700000000000-3', [], origin).time).toBe('2023-11-14T22:13:20.000Z');
    expect(entryEvent('0-1', [], origin)).not.toHaveProperty('time');
    expect(entryEvent('18446744073709551615-1', [], origin)).not.toHaveProperty('time');
  });
});
