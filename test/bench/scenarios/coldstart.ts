/**
 * Cold start: the function has no pod, a call comes, the answer is there. Pooled functions take a warm pod where there
 * is one, and are called at a fixed interval, so that the pool has time to refill as it would between calls of one's
 * own. Isolates are loaded by a host that they share. Dedicated ones start a pod, called one after the other.
 */
import type { Bed } from '../bed.ts';
import { callsResult } from '../functions/calls-result.ts';
import { coldCalls, PACE } from '../functions/cold-calls.ts';
import { deploy, deployAsleep, type PodClass } from '../functions/deploy.ts';
import { whenPoolIsFull } from '../functions/pool.ts';
import { TELLS_POD } from '../functions/served-by.ts';
import { putToSleep } from '../functions/sleep.ts';
import { warmCalls } from '../functions/warm-calls.ts';
import type { Options } from '../options.ts';
import { numbered } from '../parallel.ts';
import { meterControlPlane } from '../processes.ts';
import type { ControlPlaneUse, Report, Result } from '../report.ts';
import { round } from '../stats.ts';
import type { Target } from '../targets.ts';
import { createBarePod } from './bare-pod.ts';
import { bareRuntime } from './bare-runtime.ts';
import { dedicatedTargets, pooledResults, pooledTargets } from './cold-report.ts';
import { isolates } from './isolates.ts';

/** As many as fit on a node beside a full pool, each with the pod that it took: a kubelet takes 110. */
const POOLED_FUNCTIONS = 51;
const POOLED_COUNT = 100;
const DEDICATED_COUNT = 30;
const DISCARDED = 2;

interface Part {
  results: Result[];
  baseline: Result[];
  targets: Target[];
  control_plane: ControlPlaneUse[] | undefined;
  notes: string[];
}

type ColdOptions = Pick<Options, 'count' | 'interval'>;

const measure: Record<PodClass, (bed: Bed, options: ColdOptions) => Promise<Part>> = {
  pooled,
  isolate,
  dedicated,
};

export async function coldstart(
  bed: Bed,
  options: Pick<Options, 'class' | 'count' | 'interval'>,
): Promise<Partial<Report>> {
  const classes: PodClass[] = options.class ? [options.class] : ['pooled', 'isolate', 'dedicated'];
  const parts: Part[] = [];
  for (const podClass of classes) {
    parts.push(await measure[podClass](bed, options));
  }
  const runtime = await bareRuntime(options.count ?? DEDICATED_COUNT, TELLS_POD, bed.log);
  return {
    results: parts.flatMap(({ results }) => results),
    baseline: [...parts.flatMap(({ baseline }) => baseline), runtime],
    targets: parts.flatMap(({ targets }) => targets),
    control_plane: parts.flatMap(({ control_plane }) => control_plane ?? []),
    notes: [...parts.flatMap(({ notes }) => notes), ...ratio(parts)],
  };
}

async function pooled(
  bed: Bed,
  { count = POOLED_COUNT, interval: intervalMs = PACE.intervalMs }: ColdOptions,
): Promise<Part> {
  const names = numbered('pooled', Math.min(POOLED_FUNCTIONS, PACE.discarded + count));
  await deployAsleep(bed, names, TELLS_POD, { class: 'pooled' });
  const warmPods = await whenPoolIsFull(bed, names[0] ?? '');
  bed.log(`the pool has ${warmPods} warm pods`);
  const meter = meterControlPlane(await bed.processes(), 'pooled');
  const between = () => whenPoolIsFull(bed, names[0] ?? '');
  const calls = await coldCalls(bed, { ...PACE, names, count, intervalMs, between });
  const control_plane = meter();
  const results = pooledResults('pooled cold start', calls);
  const baseline = [await warmCalls('warm call through the gateway', bed, names[0] ?? '')];
  const notes = [
    `Pooled: one call each ${intervalMs} ms, ${names.length} in a row, from a full pool of ${warmPods} warm pods that refills meanwhile.`,
  ];
  return { results, baseline, targets: pooledTargets(results[0]), control_plane, notes };
}

async function isolate(
  bed: Bed,
  { count = POOLED_COUNT, interval: intervalMs = PACE.intervalMs }: ColdOptions,
): Promise<Part> {
  const meter = meterControlPlane(await bed.processes(), 'isolate');
  const part = await isolates(bed, { count, intervalMs });
  return { ...part, baseline: [], control_plane: meter() };
}

/** In turns with the barest of pods, so that both meet the same machine. */
async function dedicated(bed: Bed, { count = DEDICATED_COUNT }: ColdOptions): Promise<Part> {
  const name = 'dedicated';
  await deploy(bed, name, TELLS_POD, { class: 'dedicated' });
  await putToSleep(bed, name);
  const barePod = await createBarePod(bed, name);
  const barePodTimes: number[] = [];
  const startBarePod = async (run: number) => {
    const [ms] = (await barePod?.start(1)) ?? [];
    await barePod?.stop();
    if (run >= 0 && ms !== undefined) barePodTimes.push(ms);
  };
  try {
    const meter = meterControlPlane(await bed.processes(), 'dedicated');
    const plan = { names: [name], count, discarded: DISCARDED, intervalMs: 0, before: startBarePod };
    const calls = await coldCalls(bed, plan);
    const result = callsResult('dedicated cold start', calls);
    const control_plane = meter();
    const bare = barePodTimes.map((ms) => ({ ms }));
    const baseline = barePod ? [callsResult('bare pod, scale to listening', bare)] : [];
    return { results: [result], baseline, targets: dedicatedTargets(result), control_plane, notes: [] };
  } finally {
    barePod?.close();
  }
}

function ratio(parts: Part[]): string[] {
  const medians = parts.map(({ results }) => results[0]?.p50_ms);
  const [pooledMs, dedicatedMs] = [medians[0], medians[2]];
  if (!pooledMs || !dedicatedMs) return [];
  const times = round(dedicatedMs / pooledMs);
  return [
    `The median dedicated cold start took ${times} times as long as the median pooled one in the same run.`,
  ];
}
