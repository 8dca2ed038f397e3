import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLine, type LogRecord, MAX_LINE_BYTES } from './log.ts';

const record = (msg: string): LogRecord => ({
  level: 'info',
  time: '2026-11-23T00:00:00.000Z',
  msg,
  function: 'ns/name',
  requestId: 'id',
});

describe('formatLine', () => {
  it('lets fields stand beside the record, never in its place', () => {
    expect(JSON.parse(formatLine(record('m'), { a: 1n, msg: 'forged' }))).toEqual({ ...record('m'), a: '1' });
  });

  it('keeps any line whole JSON within the limit', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40_000, size: 'max' });
    fc.assert(
      fc.property(text, text, (msg, field) => {
        const line = formatLine(record(msg), { field });
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
        expect(line).not.toContain('\n');
        expect(msg.startsWith((JSON.parse(line) as LogRecord).msg.replace(/[\ud800-\udbff]$/, ''))).toBe(
          true,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('marks what it shortened', () => {
    expect(JSON.parse(formatLine(record('short')))).not.toHaveProperty('truncated');
    const line = JSON.parse(formatLine(record('x'.repeat(20_000)), { kept: 1 }));
    expect(line).toMatchObject({ truncated: true, kept: 1 });
    expect(line.msg.length).toBeGreaterThan(7_000);
  });
});
