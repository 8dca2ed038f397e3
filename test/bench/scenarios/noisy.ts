/**
 * A noisy neighbour: one function goes from no pod to as many as it may have, while two others with a single pod each are
 * called at an even rate. What the callers of these notice is measured against the same calls before the noise: first while
 * pods start and calls wait for them, then while the pods take all the CPU of the machine as well; and against what they
 * notice of as many bare pods that the cluster starts with no part of the platform in it. One of the two is as functions
 * are unless told otherwise, the other asks for CPU of its own; the target is the first one's.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Bed, pathOf, readyAddresses } from '../bed.ts';
import { deploy, type PodClass } from '../functions/deploy.ts';
import { whenPoolIsFull } from '../functions/pool.ts';
import { tellsPodAfter } from '../functions/served-by.ts';
import { putToSleep } from '../functions/sleep.ts';
import type { LoadPlan } from '../load/plan.ts';
import { canRunRealTime, runLoad, toResult } from '../load/run.ts';
import type { Options } from '../options.ts';
import { meterControlPlane } from '../processes.ts';
import type { ControlPlaneUse, Report, Result } from '../report.ts';
import { latencies, round } from '../stats.ts';
import { judge } from '../targets.ts';
import { createBarePod } from './bare-pod.ts';

const SECONDS = 30;
const QUIET_RATE = 20;
/** As many as 20 pods of 10 calls each take. */
const NOISY_CONNECTIONS = 200;
const QUIET_WARMUP_MS = 2000;
const BARE_PODS = 20;

/** How long a call of the noisy function takes, without CPU of its own. */
const noises = { waking: 1000, saturating: 50 } as const;
type Noise = keyof typeof noises;

const quietOnes = {
  quiet: { title: 'quiet function', spec: {} },
  reserved: {
    title: 'quiet function that requests 200m of CPU',
    // A class without a pool: pods that wait for it would request as much, and a node has no room for many.
    spec: { class: 'dedicated', resources: { requests: { cpu: '200m' } } },
  },
} as const;
type Quiet = keyof typeof quietOnes;
const quietNames = Object.keys(quietOnes) as Quiet[];

interface Phase {
  quiet: Record<Quiet, Result>;
  noisy: Result;
  pods: number;
  control_plane: ControlPlaneUse[] | undefined;
}

export async function noisy(bed: Bed, options: Pick<Options, 'class' | 'seconds'>): Promise<Partial<Report>> {
  const { class: podClass, seconds = SECONDS } = options;
  for (const name of quietNames) {
    const scaling = { minReplicas: 1, maxReplicas: 1 };
    await deploy(bed, name, tellsPodAfter(0), { class: podClass, scaling, ...quietOnes[name].spec });
  }
  for (const name of Object.keys(noises) as Noise[]) await deployNoise(bed, name, podClass);
  for (const name of quietNames) await readyAddresses(bed, name, 1);
  const warmPods = await whenPoolIsFull(bed, 'waking');
  const before = await callQuietOnes(bed, seconds, 'before');
  bed.log(`before the noise: p95 ${before.quiet.p95_ms} ms`);
  const bare = await besideBarePods(bed, seconds);
  const waking = await phase(bed, 'waking', seconds);
  await putToSleep(bed, 'waking');
  const saturating = await phase(bed, 'saturating', seconds);
  const ratio = (during: Record<Quiet, Result>, name: Quiet = 'quiet') => {
    const [now, earlier] = [during[name].p95_ms, before[name].p95_ms];
    return now && earlier ? round(now / earlier, 2) : undefined;
  };
  return {
    results: [waking, saturating].flatMap(({ quiet, noisy }) => [...Object.values(quiet), noisy]),
    baseline: [before, bare ?? {}].flatMap((calls) => Object.values(calls)),
    targets: [
      judge(
        {
          name: "quiet function's p95, while another wakes 20 pods against before",
          unit: '',
          atMost: 1.5,
          peer: 'Fission: 3.85',
        },
        ratio(waking.quiet),
      ),
    ],
    control_plane: [...(waking.control_plane ?? []), ...(saturating.control_plane ?? [])],
    notes: [
      `The noisy functions slept when their calls began, and had ${waking.pods} and ${saturating.pods} pods in all; the pool had ${warmPods} before.`,
      `While the other takes all CPU: ${ratio(saturating.quiet)} times the p95 of before.`,
      `With 200m of CPU requested: ${ratio(waking.quiet, 'reserved')} times, and ${ratio(saturating.quiet, 'reserved')} times.`,
      ...(bare
        ? [
            `${BARE_PODS} bare pods that the cluster starts, which nobody calls: ${ratio(bare)} times, and ${ratio(bare, 'reserved')} times with 200m of CPU requested.`,
          ]
        : []),
      ...((await canRunRealTime())
        ? []
        : ['Who calls the quiet functions waits for a core like everybody: that is part of their times.']),
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

/**
 * All at the same time, each from a process of its own, which gets a core when it needs one: what a caller waits for on
 * this machine is not the platform's doing.
 */
async function callQuietOnes(bed: Bed, seconds: number, when: string): Promise<Record<Quiet, Result>> {
  const results = await Promise.all(
    quietNames.map(async (name) => {
      const path = pathOf(bed, name);
      const plan = { ...common(bed, seconds), path, rate: QUIET_RATE, warmupMs: QUIET_WARMUP_MS };
      const load = await runLoad(plan, { realTime: true });
      const result = toResult(`${quietOnes[name].title} ${when}, ${QUIET_RATE} calls/s`, load);
      const late_p95_ms = latencies(load.lateMs).p95_ms;
      return [name, { ...result, statuses: load.statuses, late_p95_ms }] as const;
    }),
  );
  return Object.fromEntries(results) as Record<Quiet, Result>;
}

/** The noise begins with the measuring: its first seconds, when pods start, are the worst. */
function callQuietOnesBeside<T>(
  bed: Bed,
  seconds: number,
  when: string,
  noise: () => Promise<T>,
): Promise<[Record<Quiet, Result>, T]> {
  return Promise.all([callQuietOnes(bed, seconds, when), delay(QUIET_WARMUP_MS).then(noise)]);
}

/** What the quiet ones notice of pods in which there is nothing of ours; undefined where these cannot be made. */
async function besideBarePods(bed: Bed, seconds: number): Promise<Record<Quiet, Result> | undefined> {
  const barePod = await createBarePod(bed, 'quiet');
  if (!barePod) return undefined;
  try {
    const when = `while ${BARE_PODS} bare pods start`;
    const [quiet] = await callQuietOnesBeside(bed, seconds, when, () => barePod.start(BARE_PODS));
    await barePod.stop();
    bed.log(`bare pods: quiet p95 ${quiet.quiet.p95_ms} ms`);
    return quiet;
  } finally {
    barePod.close();
  }
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
  const when = `while another is ${name}`;
  const [quiet, noise] = await callQuietOnesBeside(bed, seconds, when, () => runLoad(plan));
  const control_plane = meter();
  const pods = bed.pods.seen(name).size - earlier;
  const noisy = toResult(`${name} function, ${NOISY_CONNECTIONS} connections of ${noises[name]} ms`, noise);
  bed.log(`${name}: quiet p95 ${quiet.quiet.p95_ms} ms, ${pods} pods`);
  return {
    quiet,
    noisy: { ...noisy, statuses: noise.statuses, pods },
    pods,
    control_plane,
  };
}
