/** The result of a benchmark, as JSON and as a table. */
import { cpus, totalmem } from 'node:os';
import { describeCounts } from './tally.ts';
import { renderTarget, type Target } from './targets.ts';

export interface Result {
  name: string;
  /** Calls measured; warm-up is not among them. */
  n: number;
  p50_ms?: number;
  p95_ms?: number;
  p99_ms?: number;
  max_ms?: number;
  rps?: number;
  /** Good answers per second of CPU time of all gateway processes. */
  rps_per_gateway_core?: number;
  errors: number;
  /** Answers by status; `none` for calls without an answer. */
  statuses?: Record<string, number>;
  /** What went wrong, by kind. */
  failures?: Record<string, number>;
  /** Pods that answered. */
  pods?: number;
  /** Share of refusals that carry Retry-After. */
  retry_after_share?: number;
  /** How late calls that have a time of their own were sent: what the caller waited for a core. */
  late_p95_ms?: number;
}

export interface ControlPlaneUse {
  name: string;
  rss_mb: number;
  /** CPU seconds over the measured time. */
  cpu_s: number;
  /** Resident memory over the measured time, by the moment. */
  rss_mb_at?: Record<string, number>;
}

export interface Report {
  scenario: string;
  cluster: string;
  machine: string;
  notes?: string[];
  results: Result[];
  baseline: Result[];
  /** What we set out to reach, beside what was measured. */
  targets?: Target[];
  control_plane?: ControlPlaneUse[];
}

/** Cores, model, memory and Node, in one line. */
export function describeMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${memory} GiB, Node ${process.versions.node}`;
}

const COLUMNS = [
  'n',
  'p50_ms',
  'p95_ms',
  'p99_ms',
  'max_ms',
  'rps',
  'rps_per_gateway_core',
  'pods',
  'errors',
] as const;

/** For people: a table of results and baseline, then targets and the control plane. */
export function renderTable(report: Report): string {
  const heading = `${report.scenario} on ${report.cluster} (${report.machine})`;
  const rows = [
    ...report.results,
    ...report.baseline.map((row) => ({ ...row, name: `baseline: ${row.name}` })),
  ];
  const used = COLUMNS.filter((column) => rows.some((row) => row[column] !== undefined));
  const table = [['', ...used], ...rows.map((row) => [row.name, ...used.map((column) => cell(row[column]))])];
  const sections = [
    align(table),
    rows.flatMap(details),
    (report.targets ?? []).map((target) => renderTarget(target, report.cluster)),
    (report.control_plane ?? []).map(usage),
    report.notes ?? [],
  ];
  return [[heading], ...sections.filter(({ length }) => length > 0)]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function details(row: Result): string[] {
  return [
    ...(row.statuses ? [`${row.name}: ${statuses(row)}`] : []),
    ...(row.failures ? [`${row.name}, failed: ${describeCounts(row.failures)}`] : []),
  ];
}

function usage({ name, rss_mb, cpu_s, rss_mb_at }: ControlPlaneUse): string {
  const course = Object.entries(rss_mb_at ?? {}).map(([moment, value]) => `${value} at the ${moment}`);
  const memory = course.length > 0 ? `${course.join(', ')} MB resident` : `${rss_mb} MB resident`;
  return `${name}: ${memory}, ${cpu_s} s CPU`;
}

const cell = (value: number | undefined) => (value === undefined ? '' : String(value));

function statuses({ statuses: counts = {}, retry_after_share: share }: Result): string {
  return [
    describeCounts(counts),
    ...(share === undefined ? [] : [`Retry-After on ${Math.round(share * 100)} % of refusals`]),
  ].join(', ');
}

function align(table: string[][]): string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table.map((row) =>
    row
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
