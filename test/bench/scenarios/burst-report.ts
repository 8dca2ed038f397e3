/** What is told of calls made at once, and what we set out to reach. */
import { describeAnswer } from '../functions/call.ts';
import { podNamed, servedBy } from '../functions/served-by.ts';
import type { BurstCall } from '../load/plan.ts';
import type { Result } from '../report.ts';
import { latencies, ratePerSecond, round } from '../stats.ts';
import { countBy } from '../tally.ts';
import { judge, type Target } from '../targets.ts';
import { UNCLEAR } from './cold-report.ts';

/** Percentiles are of all calls, whatever became of them. */
export function burstResult(name: string, calls: BurstCall[]): Result {
  const failed = calls.filter(({ status }) => status !== 200);
  const pods = new Set(calls.flatMap(({ body }) => podNamed(body) ?? []));
  return {
    name,
    n: calls.length,
    ...(calls.length > 0 ? latencies(calls.map(({ ms }) => ms)) : {}),
    pods: pods.size,
    errors: failed.length,
    ...(failed.length > 0 ? { failures: countBy(failed.map(describeFailure)) } : {}),
  };
}

function describeFailure({ status, body }: BurstCall): string {
  return status === undefined ? 'no answer' : describeAnswer(status, body);
}

/** Calls by the pod that answered; those that failed are nobody's. */
export interface ByPod {
  all: BurstCall[];
  /** By pods that waited in the pool when the calls began. */
  held: BurstCall[];
  /** By pods that started since, for the pool or for the function. */
  came: BurstCall[];
  unknown: BurstCall[];
}

/** @param held names of the pods that waited in the pool before */
export function byPod(calls: BurstCall[], held: ReadonlySet<string>): ByPod {
  const groups = Object.groupBy(calls, ({ status, body }) => {
    if (status !== 200 || servedBy(body) === 'unknown') return 'unknown';
    return held.has(body) ? 'held' : 'came';
  });
  return { all: calls, held: [], came: [], unknown: [], ...groups };
}

export function byPodResults({ all, held, came, unknown }: ByPod): Result[] {
  return [
    burstResult(`one call each to ${all.length} functions at once`, all),
    burstResult('  of these, by a pod that the pool held', held),
    burstResult('  of these, by a pod that was started', came),
    ...(unknown.length > 0 ? [burstResult(`  of these, ${UNCLEAR}`, unknown)] : []),
  ];
}

const WHAT = 'functions called at once';

/** @param bare when each of as many bare pods was there; undefined where they were not measured */
export function byPodTargets({ all, held, came }: ByPod, bare: number[] | undefined): Target[] {
  const share = bare && (ratePerSecond(came.map(({ ms }) => ms)) / ratePerSecond(bare)) * 100;
  return [
    allAnswered(all),
    judge(
      { name: `${WHAT}, p95 by a pod that the pool held`, unit: 'ms', atMost: 300, on: 'real' },
      p95Of(held),
    ),
    judge(
      { name: `${WHAT}, rate of further pods against the cluster's`, unit: '%', atLeast: 80, on: 'real' },
      share && round(share),
    ),
  ];
}

export function isolateTargets({ all }: ByPod): Target[] {
  const peer = 'Fission, 50 at once: 13,300 ms';
  return [
    allAnswered(all),
    judge({ name: `${WHAT}, p95 on hosts`, unit: 'ms', atMost: 1000, peer }, p95Of(all)),
  ];
}

function allAnswered(all: BurstCall[]): Target {
  const failed = all.filter(({ status }) => status !== 200).length;
  return judge({ name: `${WHAT}, not answered well`, unit: '', atMost: 0 }, failed);
}

const p95Of = (calls: BurstCall[]) => latencies(calls.map(({ ms }) => ms)).p95_ms;

/** How fast something came, in words. */
export function describeRate(what: string, timesMs: number[]): string {
  const rate = ratePerSecond(timesMs);
  if (Number.isNaN(rate)) return `${what}: too few for a rate`;
  return `${what} came at ${round(rate)} per second, from the first to the last of ${timesMs.length}`;
}
