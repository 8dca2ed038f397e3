/**
 * A noisy neighbour: one function goes from no pod to as many as it may have, while another with a single pod is called
 * at an even rate. What the other's callers notice is measured against the same calls before the noise: first while
 * pods start and calls wait for them, then while the pods take all the CPU of the machine as well.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Bed, pathOf, readyAddresses } from '../bed.ts';
import { deploy, type PodClass } from '../functions/deploy.ts';
import { whenPoolIsFull } from '../functions/pool.ts';
import { tellsPodAfter } from '../functions/served-by.ts';
import { putToSleep } from '../functions/sleep.ts';
import type { LoadPlan } from '../load/plan.ts';
import { runLoad, toResult } from '../load/run.ts';
import type { Options } from '../options.ts';
import { meterControlPlane } from '../processes.ts';
import type { ControlPlaneUse, Report, Result } from '../report.ts';
import { round } from '../stats.ts';
import { judge } from '../targets.ts';

const SECONDS = 30;
const QUIET_RATE = 20;
/** As many as 20 pods of 10 calls each take. */
const NOISY_CONNECTIONS = 200;
const QUIET_WARMUP_MS = 2000;

/** How long a call of the noisy function takes, without CPU of its own. */
const noises = { waking: 1000, saturating: 50 } as const;
type Noise = keyof typeof noises;

interface Phase {
  quiet: Result;
  noisy: Result;
  pods: number;
  control_plane: ControlPlaneUse[] | undefined;
}

export async function noisy(bed: Bed, options: Pick<Options, 'class' | 'seconds'>): Promise<Partial<Report>> {
  const { class: podClass, seconds = SECONDS } = options;
  await deploy(bed, 'quiet', tellsPodAfter(0), {
    class: podClass,
    scaling: { minReplicas: 1, maxReplicas: 1 },
  });
  for (const name of Object.keys(noises) as Noise[]) await deployNoise(bed, name, podClass);
  await readyAddresses(bed, 'quiet', 1);
  await whenPoolIsFull(bed, 'waking');
  const before = toResult(
    `quiet function before, ${QUIET_RATE} calls/s`,
    await runLoad(quietPlan(bed, seconds)),
  );
  bed.log(`before the noise: p95 ${before.p95_ms} ms`);
  const waking = await phase(bed, 'waking', seconds);
  await putToSleep(bed, 'waking');
  const saturating = await phase(bed, 'saturating', seconds);
  const ratio = ({ quiet }: Phase) =>
    quiet.p95_ms && before.p95_ms ? round(quiet.p95_ms / before.p95_ms, 2) : undefined;
  return {
    results: [waking.quiet, waking.noisy, saturating.quiet, saturating.noisy],
    baseline: [before],
    targets: [
      judge(
        {
          name: "quiet function's p95, while another wakes 20 pods against before",
          unit: '',
          atMost: 1.5,
          peer: 'Fission: 3.85',
        },
        ratio(waking),
      ),
    ],
    control_plane: [...(waking.control_plane ?? []), ...(saturating.control_plane ?? [])],
    notes: [
      `The noisy functions slept when their calls began, and had ${waking.pods} and ${saturating.pods} pods in the end.`,
      `While the other takes all CPU: ${ratio(saturating)} times the p95 of before.`,
    ],
  };
}

async function deployNoise(bed: Bed, name: Noise, podClass: PodClass | undefined): Promise<void> {
  await deploy(bed, name, tellsPodAfter(noises[name]), { class: podClass });
  await putToSleep(bed, name);
}

function common(bed: Bed, seconds: number) {
  return { ...bed.gateway, durationMs: seconds * 1000, answerTimeoutMs: 60_000 };
}

function quietPlan(bed: Bed, seconds: number): LoadPlan {
  return { ...common(bed, seconds), path: pathOf(bed, 'quiet'), rate: QUIET_RATE, warmupMs: QUIET_WARMUP_MS };
}

async function phase(bed: Bed, name: Noise, seconds: number): Promise<Phase> {
  const meter = meterControlPlane(await bed.processes(), name);
  const plan: LoadPlan = {
    ...common(bed, seconds),
    path: pathOf(bed, name),
    connections: NOISY_CONNECTIONS,
    warmupMs: 0,
  };
  const earlier = bed.pods.seen(name).size;
  // The noise begins with the measuring: its first seconds, when pods start, are the worst.
  const makeNoise = () => delay(QUIET_WARMUP_MS).then(() => runLoad(plan));
  const [during, noise] = await Promise.all([runLoad(quietPlan(bed, seconds)), makeNoise()]);
  const control_plane = meter();
  const pods = bed.pods.seen(name).size - earlier;
  const quiet = toResult(`quiet function, while another is ${name}, ${QUIET_RATE} calls/s`, during);
  const noisy = toResult(`${name} function, ${NOISY_CONNECTIONS} connections of ${noises[name]} ms`, noise);
  bed.log(`${name}: quiet p95 ${quiet.p95_ms} ms, ${pods} pods`);
  return {
    quiet: { ...quiet, statuses: during.statuses },
    noisy: { ...noisy, statuses: noise.statuses, pods },
    pods,
    control_plane,
  };
}
