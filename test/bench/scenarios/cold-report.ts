/** What is told of cold starts, and what we set out to reach. */

import { callsResult } from '../functions/calls-result.ts';
import type { ColdCall } from '../functions/cold-calls.ts';
import type { Timing } from '../functions/server-timing.ts';
import type { Result } from '../report.ts';
import { latencies } from '../stats.ts';
import { type Goal, judge, type Target } from '../targets.ts';

/** Of calls that failed, or whose answer does not say which pod it is from. */
export const UNCLEAR = 'by nobody knows whom';

/** All calls first, whoever answered; then the same calls by the kind of pod that did, and what claims took. */
export function pooledResults(name: string, calls: ColdCall[]): Result[] {
  const by = (wanted: ColdCall['by'], words: string) => {
    const some = calls.filter((call) => call.by === wanted);
    return callsResult(`  of these, ${words}`, some);
  };
  const unclear = calls.some((call) => call.by === 'unknown') ? [by('unknown', UNCLEAR)] : [];
  return [
    callsResult(name, calls),
    by('pool', 'by a warm pod'),
    ...timingResults(calls.filter((call) => call.by === 'pool')),
    by('own', 'by a pod of its own'),
    ...unclear,
  ];
}

/** The parts of what calls waited for, of those that told. */
export function timingResults(calls: { timing?: Timing | undefined }[]): Result[] {
  return (['queue', 'claim', 'load', 'function'] as const).flatMap((part) => {
    const times = calls.flatMap(({ timing }) => timing?.[part] ?? []);
    if (times.length === 0) return [];
    return [{ name: `    of that, ${part}`, n: times.length, ...latencies(times), errors: 0 }];
  });
}

const POOLED: (Goal & { field: 'p50_ms' | 'p95_ms' | 'p99_ms' })[] = [
  {
    name: 'pooled cold start, p50',
    field: 'p50_ms',
    atMost: 15,
    peer: 'Fission: 39.7 ms published, 93.9 ms on this class of machine',
    unit: 'ms',
    on: 'real',
  },
  {
    name: 'pooled cold start, p95',
    field: 'p95_ms',
    atMost: 30,
    peer: 'Fission: 48.6 ms published, 238.6 ms on this class of machine',
    unit: 'ms',
    on: 'real',
  },
  {
    name: 'pooled cold start, p99',
    field: 'p99_ms',
    atMost: 60,
    peer: 'Fission: 372.9 ms on this class of machine',
    unit: 'ms',
    on: 'real',
  },
];

export function pooledTargets(result: Result | undefined): Target[] {
  return POOLED.map(({ field, ...goal }) => judge(goal, result?.[field]));
}

export function dedicatedTargets({ p50_ms, p95_ms }: Result): Target[] {
  const common = { unit: 'ms', on: 'real' } as const;
  return [
    judge({ ...common, name: 'dedicated cold start, p50', atMost: 650 }, p50_ms),
    judge({ ...common, name: 'dedicated cold start, p95', atMost: 1000 }, p95_ms),
  ];
}
