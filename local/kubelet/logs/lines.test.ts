import { describe, expect, it } from 'vitest';
import { logOptionsFrom, parseLogLine, renderLine } from './lines.ts';

const LINE = '2026-01-01T00:00:00.000000000Z stdout F hello world';

describe('parseLogLine', () => {
  it('gives text back as it was written', () => {
    expect(parseLogLine(LINE)?.text).toBe('hello world\n');
    expect(parseLogLine('2026-01-01T00:00:00Z stderr P part')?.text).toBe('part');
    expect(parseLogLine('2026-01-01T00:00:00Z stdout F ')?.text).toBe('\n');
  });

  it('leaves out what is not wanted or broken', () => {
    const sinceMs = Date.parse('2026-01-01T00:00:01Z');
    expect(parseLogLine(LINE, { sinceMs })).toBeUndefined();
    expect(parseLogLine(LINE, { sinceMs: sinceMs - 1_000 })).toBeDefined();
    expect(parseLogLine(LINE, { stream: 'stderr' })).toBeUndefined();
    expect(parseLogLine('torn')).toBeUndefined();
  });

  it('puts timestamps before lines on request', () => {
    const line = { timestamp: 'T', text: 'x\n' };
    expect([renderLine(line, true), renderLine(line, false)]).toEqual(['T x\n', 'x\n']);
  });
});

describe('logOptionsFrom', () => {
  const read = (query: string) => logOptionsFrom(new URLSearchParams(query), 10_000);

  it('reads the parameters of the API', () => {
    expect(
      read('follow=true&tailLines=5&sinceSeconds=2&limitBytes=7&timestamps=1&previous=false'),
    ).toMatchObject({
      follow: true,
      previous: false,
      timestamps: true,
      tailLines: 5,
      limitBytes: 7,
      sinceMs: 8_000,
    });
  });

  it.each([
    'tailLines=-1',
    'tailLines=x',
    'limitBytes=1.5',
    'sinceTime=soon',
    'sinceTime=2026-01-01&sinceSeconds=1',
  ])('refuses %s', (query) => expect(() => read(query)).toThrow());
});
