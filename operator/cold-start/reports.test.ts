import { describe, expect, it } from 'vitest';
import { readColdStarts } from './reports.ts';

const pooled = { atMs: 1_000, start: 'pooled', queuedMs: 1, claimedMs: 5, loadedMs: 4, firstByteMs: 1 };

describe('readColdStarts', () => {
  it('takes what is as it should be', () => {
    const { claimedMs, loadedMs, ...rest } = pooled;
    const dedicated = { ...rest, start: 'dedicated' };
    const reports = readColdStarts({ 'shop/a': { ...pooled, more: 'x' }, 'shop/b': dedicated });
    expect(Object.fromEntries(reports)).toEqual({ 'shop/a': pooled, 'shop/b': dedicated });
  });

  it.each([
    [{ atMs: -1 }],
    [{ atMs: 1e300 }],
    [{ atMs: '1000' }],
    [{ start: 'lukewarm' }],
    [{ queuedMs: Number.NaN }],
    [{ firstByteMs: 1e12 }],
  ])('drops one with %j, and keeps the others', (fault) => {
    const reports = readColdStarts({ 'shop/a': { ...pooled, ...fault }, 'shop/b': pooled });
    expect([...reports.keys()]).toEqual(['shop/b']);
  });

  it.each([[undefined], [null], ['text'], [7], [[null, 'x']]])('finds nothing in %j', (value) => {
    expect(readColdStarts(value).size).toBe(0);
  });

  it('takes no more than a gateway can have', () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`shop/f${i}`, pooled]));
    expect(readColdStarts(many).size).toBe(1_000);
  });
});
