import { describe, expect, it } from 'vitest';
import { reasons } from '#crds/wire/reasons.ts';
import { aReport } from './fixtures.ts';
import { createReportBook } from './report-book.ts';

const KEY = 'shop/hello';
const down = { connected: false, reason: reasons.triggerDisconnected, message: 'Down.' } as const;
const connecting = { connected: false, reason: reasons.triggerConnecting, message: 'Soon.' } as const;

function stage(isWanted: (key: string) => boolean = () => true) {
  const clock = { nowMs: 1_000 };
  const book = createReportBook(isWanted, () => clock.nowMs);
  return { book, clock, hear: () => book.hear(KEY, 'nightly') };
}

describe('the book of reports', () => {
  it('has news when something is said that was not said before', () => {
    const { book, hear } = stage();
    expect(book.take([aReport()])).toEqual(new Set([KEY]));
    expect(hear().report).toEqual(aReport());
    expect(book.take([aReport()])).toEqual(new Set());
    expect(book.take([aReport(down)])).toEqual(new Set([KEY]));
    expect(hear().report).toEqual(aReport(down));
  });

  it('counts a report for 30 s after it was last repeated, and one after that as news', () => {
    const { book, clock, hear } = stage();
    book.take([aReport()]);
    clock.nowMs += 10_000;
    book.take([aReport()]);
    clock.nowMs += 29_000;
    expect(hear()).toEqual({ report: aReport(), leftMs: 1_000 });
    clock.nowMs += 1_000;
    expect(hear()).toEqual({ report: undefined, leftMs: 0 });
    expect(book.take([aReport()])).toEqual(new Set([KEY]));
  });

  it('waits 30 s for a first report', () => {
    const { clock, hear } = stage();
    expect(hear()).toEqual({ report: undefined, leftMs: 30_000 });
    clock.nowMs += 30_000;
    expect(hear().leftMs).toBe(0);
  });

  it.each([
    ['one that is connected', [aReport(down), aReport(), aReport(connecting)], aReport()],
    ['one that failed', [aReport(connecting), aReport(down)], aReport(down)],
  ])('believes %s of several gateways', (_, reports, expected) => {
    const { book, hear } = stage();
    book.take(reports);
    expect(hear().report).toEqual(expected);
  });

  it('does not take for the new what is still said of the old', () => {
    const { book, clock, hear } = stage();
    book.take([aReport()]);
    book.restart(KEY);
    expect(hear()).toEqual({ report: undefined, leftMs: 30_000 });
    clock.nowMs += 2_999;
    expect(book.take([aReport()])).toEqual(new Set());
    expect(hear().report).toBeUndefined();
    clock.nowMs += 1;
    expect(book.take([aReport()])).toEqual(new Set([KEY]));
  });

  it('keeps nothing of functions that are of no interest', () => {
    const { book } = stage((key) => key !== KEY);
    expect(book.take([aReport(), aReport({ function: 'other' })])).toEqual(new Set(['shop/other']));
  });
});
