/**
 * A noisy neighbour: one function goes from no pod to as many as it may have, while another with a single pod is called
 * at an even rate. What the other's callers notice is measured against the same calls before the noise.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Bed, pathOf, readyAddresses } from '../bed.ts';
import { deploy } from '../functions/deploy.ts';
import { tellsPodAfter } from '../functions/served-by.ts';
import { putToSleep } from '../functions/sleep.ts';
import type { LoadPlan } from '../load/plan.ts';
import { runLoad, toResult } from '../load/run.ts';
import type { Options } from '../options.ts';
import { meterControlPlane } from '../processes.ts';
import type { Report, Result } from '../report.ts';
import { round } from '../stats.ts';
import { judge } from '../targets.ts';

const SECONDS = 30;
const QUIET_RATE = 20;
const NOISY_CONNECTIONS = 200;
const NOISY_WORK_MS = 50;
const QUIET_WARMUP_MS = 2000;

export async function noisy(bed: Bed, options: Pick<Options, 'class' | 'seconds'>): Promise<Partial<Report>> {
  const { class: podClass, seconds = SECONDS } = options;
  const single = { minReplicas: 1, maxReplicas: 1 };
  await deploy(bed, 'quiet', tellsPodAfter(0), { class: podClass, scaling: single });
  await deploy(bed, 'noisy', tellsPodAfter(NOISY_WORK_MS), { class: podClass });
  await putToSleep(bed, 'noisy');
  await readyAddresses(bed, 'quiet', 1);
  const common = { ...bed.gateway, durationMs: seconds * 1000, answerTimeoutMs: 60_000 };
  const quietPlan: LoadPlan = {
    ...common,
    path: pathOf(bed, 'quiet'),
    rate: QUIET_RATE,
    warmupMs: QUIET_WARMUP_MS,
  };
  const before = toResult(`quiet function before, ${QUIET_RATE} calls/s`, await runLoad(quietPlan));
  bed.log(`before the noise: p95 ${before.p95_ms} ms`);

  const meter = meterControlPlane(await bed.processes(), 'noisy');
  const noisyPlan = { ...common, path: pathOf(bed, 'noisy'), connections: NOISY_CONNECTIONS, warmupMs: 0 };
  const earlier = bed.pods.seen('noisy').size;
  // The noise begins with the measuring: its first seconds, when pods start, are the worst.
  const makeNoise = () => delay(QUIET_WARMUP_MS).then(() => runLoad(noisyPlan));
  const [during, noise] = await Promise.all([runLoad(quietPlan), makeNoise()]);
  const control_plane = meter();
  const pods = bed.pods.seen('noisy').size - earlier;
  const results: Result[] = [
    {
      ...toResult(`quiet function during the noise, ${QUIET_RATE} calls/s`, during),
      statuses: during.statuses,
    },
    {
      ...toResult(`noisy function, ${NOISY_CONNECTIONS} connections of ${NOISY_WORK_MS} ms`, noise),
      statuses: noise.statuses,
      pods,
    },
  ];
  const [quiet] = results;
  const ratio = quiet?.p95_ms && before.p95_ms && round(quiet.p95_ms / before.p95_ms, 2);
  return {
    results,
    baseline: [before],
    targets: [
      judge(
        { name: "quiet function's p95, during against before", unit: '', atMost: 1.5, peer: 'Fission: 3.85' },
        ratio || undefined,
      ),
    ],
    control_plane,
    notes: [`The noisy function slept when its calls began and had ${pods} pods in the end.`],
  };
}
