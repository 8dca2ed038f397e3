import { beforeEach, expect, it } from 'vitest';
import { ColdStartBook } from './cold-starts.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
let elapsedMs = 0;
let book: ColdStartBook;
beforeEach(() => {
  elapsedMs = 0;
  book = new ColdStartBook({ now: () => START + elapsedMs, monotonic: () => elapsedMs });
});

const dedicated = { coldMs: 612.34, firstByteMs: 2.26, claim: undefined };

it('tells of a start from a pod of its own', () => {
  book.answered('shop/hello', dedicated);
  expect(book.report()).toEqual({
    coldStarts: { 'shop/hello': { atMs: START, start: 'dedicated', queuedMs: 612.3, firstByteMs: 2.3 } },
  });
});

it('divides a start from a warm pod, and never into less than nothing', () => {
  const claim = { start: 'pooled' as const, endedAt: 0, claimMs: 9, loadMs: 4 };
  book.answered('shop/hello', { coldMs: 10, firstByteMs: 1, claim });
  book.answered('shop/late', { coldMs: 8, firstByteMs: 1, claim });
  const phases = { start: 'pooled', claimedMs: 5, loadedMs: 4, firstByteMs: 1 };
  expect(book.report().coldStarts).toEqual({
    'shop/hello': { atMs: START, queuedMs: 1, ...phases },
    'shop/late': { atMs: START, queuedMs: 0, ...phases },
  });
});

it('tells of the last one of each function, for 15 s, and then has nothing left', () => {
  book.answered('shop/a', dedicated);
  elapsedMs = 10_000;
  book.answered('shop/b', dedicated);
  elapsedMs = 14_999;
  expect(Object.keys(book.report().coldStarts ?? {})).toEqual(['shop/a', 'shop/b']);
  book.answered('shop/a', dedicated);
  elapsedMs = 25_000;
  expect(Object.keys(book.report().coldStarts ?? {})).toEqual(['shop/a']);
  elapsedMs = 29_999;
  expect(book.report()).toEqual({});
});

it('holds a bounded number, the newest', () => {
  for (let i = 0; i < 1_001; i++) book.answered(`shop/f${i}`, dedicated);
  const keys = Object.keys(book.report().coldStarts ?? {});
  expect(keys).toHaveLength(1_000);
  expect(keys[0]).toBe('shop/f1');
});
