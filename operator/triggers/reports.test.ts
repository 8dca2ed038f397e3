import { describe, expect, it } from 'vitest';
import { aReport } from './fixtures.ts';
import { readTriggerReports } from './reports.ts';

describe('readTriggerReports', () => {
  it('takes what a gateway says, and no more of it', () => {
    const report = aReport();
    expect(readTriggerReports([{ ...report, more: 'x' }])).toEqual([report]);
  });

  it.each([
    ['nothing', undefined],
    ['something else', { triggers: [] }],
    ['no objects', [null, 'x', 3]],
    ['a name that is none', [aReport({ trigger: '../x' })]],
    ['a reason that nobody knows', [{ ...aReport(), reason: 'Whatever' }]],
    ['words for a yes or no', [{ ...aReport(), connected: 'true' }]],
    ['no message', [{ ...aReport(), message: undefined }]],
  ])('drops %s', (_, triggers) => {
    expect(readTriggerReports(triggers)).toEqual([]);
  });

  it('cuts a message that is too long', () => {
    const [report] = readTriggerReports([aReport({ message: 'x'.repeat(5_000) })]);
    expect(report?.message).toHaveLength(900);
  });
});
