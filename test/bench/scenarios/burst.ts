/**
 * Everything at once: many callers of one function that sleeps, then one caller each of many functions that sleep.
 * Every connection is open before the first request is written.
 */
import { type Bed, pathOf } from '../bed.ts';
import { deploy } from '../functions/deploy.ts';
import { refuseWithoutPlaces } from '../functions/places.ts';
import { whenPoolIsFull } from '../functions/pool.ts';
import { tellsPodAfter } from '../functions/served-by.ts';
import { putToSleep } from '../functions/sleep.ts';
import { runBurst } from '../load/run.ts';
import type { Options } from '../options.ts';
import { meterControlPlane } from '../processes.ts';
import type { Report, Result } from '../report.ts';
import { judge, type Target } from '../targets.ts';
import { burstOverMany } from './burst-over-many.ts';
import { burstResult } from './burst-report.ts';

const CALLS = 1000;
const RUNS = 3;
const FUNCTIONS = 100;
const WORK_MS = 10;
const ANSWER_TIMEOUT_MS = 60_000;

export async function burst(
  bed: Bed,
  { class: podClass, functions = FUNCTIONS }: Pick<Options, 'class' | 'functions'>,
): Promise<Partial<Report>> {
  // Isolates share the pods that are there.
  if (podClass !== 'isolate') await refuseWithoutPlaces(bed, functions);
  // One isolate is one thread: such a function gets pods of its own, which the other classes show.
  const one = podClass === 'isolate' ? undefined : await burstOnOne(bed, { class: podClass });
  const many = await burstOverMany(bed, { class: podClass, functions });
  return {
    results: [...(one?.results ?? []), ...many.results],
    baseline: [...(one?.baseline ?? []), ...many.baseline],
    targets: [...(one?.targets ?? []), ...many.targets],
    control_plane: [...(one?.control_plane ?? []), ...(many.control_plane ?? [])],
    notes: many.notes,
  };
}

/** With the scaling that a function has unless it says otherwise: 10 calls at a time in each of at most 20 pods. */
async function burstOnOne(bed: Bed, options: Pick<Options, 'class'>) {
  const name = 'burst';
  await deploy(bed, name, tellsPodAfter(WORK_MS), { class: options.class });
  const meter = meterControlPlane(await bed.processes(), `${CALLS} calls`);
  const results: Result[] = [];
  for (let run = 1; run <= RUNS; run++) {
    await putToSleep(bed, name);
    await whenPoolIsFull(bed, name);
    const result = await callAtOnce(bed, name, `${CALLS} calls at once to one function, run ${run}`);
    results.push(result);
    bed.log(`run ${run}: p95 ${result.p95_ms} ms, ${result.errors} errors`);
  }
  const control_plane = meter();
  const baseline = [await callAtOnce(bed, name, 'the same with pods awake')];
  await putToSleep(bed, name);
  return { results, baseline, targets: targetsOf(results), control_plane };
}

async function callAtOnce(bed: Bed, name: string, title: string): Promise<Result> {
  const paths = Array.from({ length: CALLS }, () => pathOf(bed, name));
  const { calls } = await runBurst({ ...bed.gateway, burst: paths, answerTimeoutMs: ANSWER_TIMEOUT_MS });
  return burstResult(title, calls);
}

/** The worst run counts. */
function targetsOf(results: Result[]): Target[] {
  const errors = results.reduce((sum, result) => sum + result.errors, 0);
  const slowest = Math.max(...results.map(({ p95_ms = Number.NaN }) => p95_ms));
  const peer = 'Fission: 3,500 ms';
  return [
    judge({ name: `errors of ${CALLS} calls at once, all runs`, unit: '', atMost: 0 }, errors),
    judge(
      { name: `p95 of ${CALLS} calls at once, worst run`, unit: 'ms', atMost: 1500, on: 'real', peer },
      slowest,
    ),
  ];
}
