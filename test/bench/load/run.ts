/** Runs a plan in a process of its own, so that it does not share an event loop with anything. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Result } from '../report.ts';
import { latencies, round } from '../stats.ts';
import { type BurstPlan, type BurstResult, type LoadPlan, type LoadResult, noLoad } from './plan.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./main.ts', import.meta.url));
const MAX_OUTPUT_BYTES = 512 * 2 ** 20;
/** Before every process of the usual kind, by Linux' SCHED_FIFO: sched(7). */
const REAL_TIME = ['chrt', '--fifo', '1'];

/** Root is, where chrt is installed and the machine lets it. */
export async function canRunRealTime(): Promise<boolean> {
  const [file = '', ...args] = [...REAL_TIME, 'true'];
  return run(file, args).then(
    () => true,
    () => false,
  );
}

export interface RunOptions {
  /**
   * The generator gets a core whenever it needs one, as it would on a machine of its own; where that is not allowed it
   * waits like any process. For few calls per second only: more would take the CPU of what is measured.
   */
  realTime?: boolean;
}

export function runLoad(plan: LoadPlan, options?: RunOptions): Promise<LoadResult> {
  return generate(plan, options) as Promise<LoadResult>;
}

export function runBurst(plan: BurstPlan): Promise<BurstResult> {
  return generate(plan) as Promise<BurstResult>;
}

async function generate(plan: LoadPlan | BurstPlan, { realTime = false }: RunOptions = {}): Promise<unknown> {
  const prefix = realTime && (await canRunRealTime()) ? REAL_TIME : [];
  const [file = '', ...args] = [...prefix, process.execPath, SCRIPT];
  const running = run(file, args, { maxBuffer: MAX_OUTPUT_BYTES });
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
  const merged = noLoad();
  for (const load of loads) {
    const { elapsedMs } = merged;
    merged.elapsedMs = together ? Math.max(elapsedMs, load.elapsedMs) : elapsedMs + load.elapsedMs;
    merged.retryAfter += load.retryAfter;
    for (const value of load.latenciesMs) merged.latenciesMs.push(value);
    for (const value of load.refusalsMs) merged.refusalsMs.push(value);
    for (const value of load.lateMs) merged.lateMs.push(value);
    for (const [status, count] of Object.entries(load.statuses)) {
      merged.statuses[status] = (merged.statuses[status] ?? 0) + count;
    }
  }
  return merged;
}
