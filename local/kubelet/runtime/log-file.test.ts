import { describe, expect, it } from 'vitest';
import { parseStat } from './identity.ts';
import { splitLines } from './log-file.ts';
import { sumByGroup, unreclaimableBytes } from './memory.ts';

describe('splitLines', () => {
  const texts = (lines: { text: Buffer }[]) => lines.map(({ text }) => text.toString());

  it('joins what came in pieces and keeps the rest', () => {
    const first = splitLines([], Buffer.from('one\ntw'));
    const second = splitLines(first.rest, Buffer.from('o\n\nthr'));
    expect([texts(first.lines), texts(second.lines)]).toEqual([['one'], ['two', '']]);
    expect(Buffer.concat(second.rest).toString()).toBe('thr');
  });

  it('cuts long lines, also ones without an end', () => {
    const { lines, rest } = splitLines([], Buffer.alloc(40_000, 'x'));
    expect(lines.map(({ text, partial }) => [text.length, partial])).toEqual([
      [16_384, true],
      [16_384, true],
    ]);
    expect(Buffer.concat(rest).length).toBe(40_000 - 2 * 16_384);
  });
});

describe('process files', () => {
  it('finds state and start time behind a name with blanks and parentheses', () => {
    const fields = Array.from({ length: 30 }, (_, index) => String(index + 4));
    expect(parseStat(`12 (a b) c)) S ${fields.join(' ')}`)).toEqual({ state: 'S', startTicks: '22' });
  });

  it('counts memory that cannot be reclaimed', () => {
    const status =
      'Name:\tnode\nVmRSS:\t  9999 kB\nRssAnon:\t   100 kB\nRssFile:\t 50 kB\nRssShmem:\t     3 kB\n';
    expect(unreclaimableBytes(status)).toBe(103 * 1024);
    expect(unreclaimableBytes('')).toBe(0);
  });

  it('sums by process group', () => {
    expect([...sumByGroup('  1 1 10\n 5 4 20\n 4 4 30\n 9 7 1\n', [4, 8])]).toEqual([[4, 50 * 1024]]);
  });
});
