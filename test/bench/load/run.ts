/** Runs a plan in a process of its own, so that it does not share an event loop with anything. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Result } from '../report.ts';
import { latencies, round } from '../stats.ts';
import type { LoadPlan, LoadResult } from './plan.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./main.ts', import.meta.url));
const MAX_OUTPUT_BYTES = 512 * 2 ** 20;

export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [SCRIPT, JSON.stringify(plan)], {
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return JSON.parse(stdout) as LoadResult;
}

/** Every answer other than 200, and every call without one, is an error. */
export function toResult(name: string, load: LoadResult): Result {
  const total = Object.values(load.statuses).reduce((sum, count) => sum + count, 0);
  return {
    name,
    n: total,
    ...(load.latenciesMs.length > 0 ? latencies(load.latenciesMs) : {}),
    rps: round(load.latenciesMs.length / (load.elapsedMs / 1000)),
    errors: total - load.latenciesMs.length,
  };
}

/** One result out of several runs of the same thing. */
export function mergeLoads(loads: LoadResult[]): LoadResult {
  const merged: LoadResult = { elapsedMs: 0, statuses: {}, latenciesMs: [], refusalsMs: [], retryAfter: 0 };
  for (const load of loads) {
    merged.elapsedMs += load.elapsedMs;
    merged.retryAfter += load.retryAfter;
    for (const value of load.latenciesMs) merged.latenciesMs.push(value);
    for (const value of load.refusalsMs) merged.refusalsMs.push(value);
    for (const [status, count] of Object.entries(load.statuses)) {
      merged.statuses[status] = (merged.statuses[status] ?? 0) + count;
    }
  }
  return merged;
}
