/**
 * Everything that happens in a day, in ten minutes: functions under even load, under bursts, asleep and woken, called
 * asynchronously, and deployed anew under load. No call may fail, and nothing may grow without an end.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bed } from '../bed.ts';
import { type Caller, createCaller } from '../functions/call.ts';
import { deploy, type PodClass } from '../functions/deploy.ts';
import { tellsPodAfter } from '../functions/served-by.ts';
import { warmCalls } from '../functions/warm-calls.ts';
import type { Options } from '../options.ts';
import { meterControlPlane, residentMegabytes } from '../processes.ts';
import type { ControlPlaneUse, Report, Result } from '../report.ts';
import { judge } from '../targets.ts';
import { drive, type Lane, lanes, REDEPLOYED } from './soak/lanes.ts';
import { createLaneTally, type LaneTally } from './soak/tally.ts';

const MINUTES = 10;
const REDEPLOY_EACH_MS = 60_000;
const WORK_MS = 5;
/** Until everything has happened once: what follows is growth, not the beginning. */
const RUN_UP_MS = 15_000;

export async function soak(
  bed: Bed,
  { class: podClass, minutes = MINUTES }: Pick<Options, 'class' | 'minutes'>,
): Promise<Partial<Report>> {
  const caller = createCaller(bed);
  const over = new AbortController();
  try {
    for (const lane of lanes) await deployLane(bed, lane, 0, podClass);
    const baseline = [await warmCalls('steady, called alone before', bed, 'steady')];
    const underWay = lanes.map((lane) => start(lane, caller, over.signal));
    const [control_plane, deploys] = await Promise.all([
      memoryOver(bed, minutes * 60_000),
      redeployFor(bed, minutes * 60_000, podClass),
    ]);
    over.abort();
    await Promise.all(underWay.map(({ done }) => done));
    const results = underWay.map(({ lane, tally }) => resultOf(bed, lane, tally));
    const failed = results.reduce((sum, { errors }) => sum + errors, 0);
    const repeats = underWay.reduce((sum, { tally }) => sum + tally.repeats, 0);
    return {
      results,
      baseline,
      targets: [judge({ name: 'failed calls', unit: '', atMost: 0 }, failed)],
      control_plane,
      notes: [
        `${minutes} min, deploys under load: ${deploys}; every call takes ${WORK_MS} ms in the function.`,
        `${repeats} calls were sent again because their kept connection had been closed while idle.`,
      ],
    };
  } finally {
    over.abort();
    caller.close();
  }
}

function start(lane: Lane, caller: Caller, signal: AbortSignal) {
  const tally = createLaneTally();
  return { lane, tally, done: drive(lane, caller, tally, signal) };
}

function deployLane(bed: Bed, { name, scaling = {} }: Lane, version: number, podClass: PodClass | undefined) {
  const code = `${tellsPodAfter(WORK_MS)}\n// Version ${version}`;
  return deploy(bed, name, code, { class: podClass, scaling });
}

/** Pods over the whole time show whether what should sleep slept. */
function resultOf(bed: Bed, lane: Lane, tally: LaneTally): Result {
  return { ...tally.result(`${lane.name}: ${lane.about}`), pods: bed.pods.seen(lane.name).size };
}

/** Deploys new code at even intervals, each waited for; returns how often. */
async function redeployFor(bed: Bed, ms: number, podClass: PodClass | undefined): Promise<number> {
  const lane = lanes.find(({ name }) => name === REDEPLOYED) as Lane;
  const endsAt = performance.now() + ms;
  // Half an interval from both ends, so that calls come before the first and after the last.
  let dueAt = performance.now() + REDEPLOY_EACH_MS / 2;
  let deploys = 0;
  while (dueAt < endsAt) {
    await delay(Math.max(0, dueAt - performance.now()));
    await deployLane(bed, lane, ++deploys, podClass);
    bed.log(`deploy ${deploys}`);
    dueAt += REDEPLOY_EACH_MS;
  }
  return deploys;
}

/** Resident memory soon after the beginning, in the middle and at the end. */
async function memoryOver(bed: Bed, ms: number): Promise<ControlPlaneUse[] | undefined> {
  const processes = await bed.processes();
  const meter = meterControlPlane(processes);
  const now = () => processes.map(residentMegabytes);
  await delay(RUN_UP_MS);
  const start = now();
  await delay(ms / 2 - RUN_UP_MS);
  const middle = now();
  await delay(ms / 2);
  return meter()?.map((use, index) => ({
    ...use,
    rss_mb_at: { start: start[index] ?? 0, middle: middle[index] ?? 0, end: use.rss_mb },
  }));
}
