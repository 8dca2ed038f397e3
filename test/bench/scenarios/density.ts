/** Many functions that sleep: what each costs, and whether waking one is as quick as among few. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bed } from '../bed.ts';
import { coldCalls, PACE } from '../functions/cold-calls.ts';
import { whenPoolIsFull } from '../functions/pool.ts';
import { TELLS_POD } from '../functions/served-by.ts';
import type { Options } from '../options.ts';
import { numbered, spread } from '../parallel.ts';
import { meterControlPlane, residentMegabytes } from '../processes.ts';
import type { ControlPlaneUse, Report, Result } from '../report.ts';
import { round } from '../stats.ts';
import type { Target } from '../targets.ts';
import { pooledResults } from './cold-report.ts';
import { densityTargets, type Memory, memoryNotes } from './density-report.ts';
import { timedResync } from './resync.ts';
import { createAsleep } from './sleeping-functions.ts';

const FEW = 10;
const MANY = 10_000;
const WAKES = 50;
/**
 * For what was read once to be collected. Memory is compared between two times of rest after the same work: what a
 * process that just started has not collected yet would hide what it takes later.
 */
const REST_MS = 15_000;

type Pace = typeof PACE & { count: number };

interface Stage {
  results: Result[];
  memory: Memory;
  use: ControlPlaneUse[];
}

export async function density(
  bed: Bed,
  options: Pick<Options, 'class' | 'count' | 'functions' | 'interval'>,
): Promise<Partial<Report>> {
  const {
    class: podClass,
    count = WAKES,
    functions = MANY,
    interval: intervalMs = PACE.intervalMs,
  } = options;
  const pace = { ...PACE, intervalMs, count };
  if (functions <= FEW)
    throw new Error(`--functions ${functions}: must be above ${FEW}, which it is compared with`);
  const names = numbered('dense', functions);
  const spec = { class: podClass };
  const first = names.slice(0, FEW);
  await createAsleep(bed, first, TELLS_POD, spec);
  const few = await stage(bed, first, first, pace);

  const started = performance.now();
  await createAsleep(bed, names.slice(FEW), TELLS_POD, spec);
  const seconds = round((performance.now() - started) / 1000);
  bed.log(`${functions} functions after ${seconds} s`);
  const many = await stage(bed, names, spread(names, count), pace);
  const targets: Target[] = densityTargets(few, many);
  return {
    results: many.results,
    baseline: few.results,
    targets,
    control_plane: [...few.use, ...many.use],
    notes: [
      ...memoryNotes(few.memory, many.memory, functions - FEW),
      await resyncNote(bed, functions),
      `${functions - FEW} functions were made in ${seconds} s; one was woken each ${intervalMs} ms.`,
    ],
  };
}

/** @param woken called in turn */
async function stage(bed: Bed, present: string[], woken: string[], pace: Pace): Promise<Stage> {
  // The last one made is the last one that can be pooled.
  const whenFull = () => whenPoolIsFull(bed, present.at(-1) ?? '');
  await whenFull();
  const processes = await bed.processes();
  const meter = meterControlPlane(processes, `${present.length} functions`);
  const calls = await coldCalls(bed, { ...pace, names: woken, between: whenFull });
  const results = pooledResults(`wake among ${present.length}`, calls);
  bed.log(`among ${present.length}: p95 ${results[0]?.p95_ms} ms`);
  const use = meter() ?? [];
  await delay(REST_MS);
  const memory = processes.map((process) => ({
    part: process.part,
    name: process.name,
    mb: residentMegabytes(process),
  }));
  return { results, memory, use };
}

async function resyncNote(bed: Bed, functions: number): Promise<string> {
  const ms = await timedResync(bed, functions);
  if (ms === undefined) return 'The operator cannot be restarted from here.';
  const operators = (await bed.processes()).filter(({ part }) => part === 'operator');
  const memory = operators.map((process) => `${residentMegabytes(process)} MB`).join(' and ');
  return `The operator took ${round(ms / 1000)} s from its stop until it had looked at all ${functions} functions; ${memory} resident then.`;
}
