import { expect, it } from 'vitest';
import { type Report, renderTable } from './report.ts';
import { judge } from './targets.ts';

const report: Report = {
  scenario: 'burst',
  cluster: 'local',
  machine: '2 × CPU',
  results: [{ name: 'run 1', n: 1000, p50_ms: 12.5, errors: 2, failures: { '503 queue-full': 2 }, pods: 20 }],
  baseline: [{ name: 'warm', n: 10, p50_ms: 1, errors: 0 }],
};

it('shows the columns that are used, baselines as such, and what failed', () => {
  expect(renderTable(report)).toBe(`burst on local (2 × CPU)

                   n  p50_ms  pods  errors
run 1           1000    12.5    20       2
baseline: warm    10       1             0

run 1, failed: 2 × 503 queue-full`);
});

it('shows targets, the course of memory, and notes', () => {
  const shown = renderTable({
    ...report,
    targets: [judge({ name: 'errors', unit: '', atMost: 0 }, 2)],
    control_plane: [{ name: 'gateway', rss_mb: 90, cpu_s: 1.5, rss_mb_at: { start: 80, end: 90 } }],
    notes: ['A note.'],
  });
  expect(shown.split('\n\n').slice(3)).toEqual([
    'errors: 2, target ≤ 0: missed',
    'gateway: 80 at the start, 90 at the end MB resident, 1.5 s CPU',
    'A note.',
  ]);
});
