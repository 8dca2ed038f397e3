/** Runs a plan in a process of its own, so that it does not share an event loop with anything. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Result } from '../report.ts';
import { latencies, round } from '../stats.ts';
import type { BurstPlan, BurstResult, LoadPlan, LoadResult } from './plan.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./main.ts', import.meta.url));
const MAX_OUTPUT_BYTES = 512 * 2 ** 20;

export function runLoad(plan: LoadPlan): Promise<LoadResult> {
  return generate(plan) as Promise<LoadResult>;
}

export function runBurst(plan: BurstPlan): Promise<BurstResult> {
  return generate(plan) as Promise<BurstResult>;
}

async function generate(plan: LoadPlan | BurstPlan): Promise<unknown> {
  const running = run(process.execPath, [SCRIPT], { maxBuffer: MAX_OUTPUT_BYTES });
  // Whatever way this process ends, its generators end with it.
  const end = () => running.child.kill('SIGKILL');
  process.once('exit', end);
  try {
    running.child.stdin?.end(JSON.stringify(plan));
    return JSON.parse((await running).stdout);
  } finally {
    process.off('exit', end);
  }
}

/** Every answer that is not good, and every call without one, is an error. */
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

/** One result out of several runs of the same thing, one after the other or all at the same time. */
export function mergeLoads(loads: LoadResult[], together = false): LoadResult {
  const merged: LoadResult = { elapsedMs: 0, statuses: {}, latenciesMs: [], refusalsMs: [], retryAfter: 0 };
  for (const load of loads) {
    const { elapsedMs } = merged;
    merged.elapsedMs = together ? Math.max(elapsedMs, load.elapsedMs) : elapsedMs + load.elapsedMs;
    merged.retryAfter += load.retryAfter;
    for (const value of load.latenciesMs) merged.latenciesMs.push(value);
    for (const value of load.refusalsMs) merged.refusalsMs.push(value);
    for (const [status, count] of Object.entries(load.statuses)) {
      merged.statuses[status] = (merged.statuses[status] ?? 0) + count;
    }
  }
  return merged;
}
