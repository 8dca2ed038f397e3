/**
 * One call each to many sleeping functions at the same moment. Some find a warm pod; the others need pods of their
 * own, which come no faster than the cluster starts pods: that rate is measured in the same run.
 */
import { type Bed, pathOf } from '../bed.ts';
import { deployAsleep } from '../functions/deploy.ts';
import { whenPoolIsFull } from '../functions/pool.ts';
import { TELLS_POD } from '../functions/served-by.ts';
import { putToSleep } from '../functions/sleep.ts';
import { runBurst } from '../load/run.ts';
import type { Options } from '../options.ts';
import { forEachOf, numbered } from '../parallel.ts';
import { meterControlPlane } from '../processes.ts';
import type { Result } from '../report.ts';
import { latencies } from '../stats.ts';
import { createBarePod } from './bare-pod.ts';
import { byPod, byPodResults, byPodTargets, describeRate, isolateTargets } from './burst-report.ts';

const ANSWER_TIMEOUT_MS = 120_000;
const SLEEPS_AT_ONCE = 8;

export async function burstOverMany(
  bed: Bed,
  { functions: count, class: podClass }: Pick<Options, 'class'> & { functions: number },
) {
  const names = numbered('many', count);
  const [first = ''] = names;
  await deployAsleep(bed, names, TELLS_POD, { class: podClass });
  const warmPods = await whenPoolIsFull(bed, first);
  const held = new Set(bed.pods.warm().map(({ metadata }) => metadata?.name ?? ''));
  const meter = meterControlPlane(await bed.processes(), `${count} functions`);
  const paths = names.map((name) => pathOf(bed, name));
  const { calls } = await runBurst({ ...bed.gateway, burst: paths, answerTimeoutMs: ANSWER_TIMEOUT_MS });
  const control_plane = meter();
  const groups = byPod(calls, held);
  bed.log(`${groups.held.length} answered by what was there, ${groups.came.length} by what came`);
  await forEachOf(names, SLEEPS_AT_ONCE, (name) => putToSleep(bed, name));

  const came = groups.came.map(({ ms }) => ms);
  const bare = came.length > 1 ? await barePods(bed, first, came.length) : undefined;
  return {
    results: byPodResults(groups),
    baseline: bare ? [bareResult(bare)] : [],
    targets: podClass === 'isolate' ? isolateTargets(groups) : byPodTargets(groups, bare),
    control_plane,
    notes: [
      `The pool had ${warmPods} pods for ${count} functions; ${describeRate('further pods', came)}.`,
      ...(bare ? [`${describeRate('Bare pods', bare)}.`] : []),
    ],
  };
}

/** What the cluster does by itself, with nothing else to do. */
async function barePods(bed: Bed, like: string, count: number): Promise<number[] | undefined> {
  const barePod = await createBarePod(bed, like);
  try {
    const times = await barePod?.start(count);
    await barePod?.stop();
    return times;
  } finally {
    barePod?.close();
  }
}

function bareResult(times: number[]): Result {
  return {
    name: `${times.length} bare pods, scale to listening`,
    n: times.length,
    ...latencies(times),
    errors: 0,
  };
}
