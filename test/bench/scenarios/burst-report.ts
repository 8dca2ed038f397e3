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

/** Calls by the kind of pod that answered; those that failed are nobody's. */
export interface ByPod {
  all: BurstCall[];
  pool: BurstCall[];
  own: BurstCall[];
  unknown: BurstCall[];
}

export function byPod(calls: BurstCall[]): ByPod {
  const groups = Object.groupBy(calls, ({ status, body }) => (status === 200 ? servedBy(body) : 'unknown'));
  return { all: calls, pool: [], own: [], unknown: [], ...groups };
}

export function byPodResults({ all, pool, own, unknown }: ByPod): Result[] {
  return [
    burstResult(`one call each to ${all.length} functions at once`, all),
    burstResult('  of these, by a warm pod', pool),
    burstResult('  of these, by a pod of its own', own),
    ...(unknown.length > 0 ? [burstResult(`  of these, ${UNCLEAR}`, unknown)] : []),
  ];
}

/** @param bare when each of as many bare pods was there; undefined where they were not measured */
export function byPodTargets({ all, pool, own }: ByPod, bare: number[] | undefined): Target[] {
  const share = bare && (ratePerSecond(own.map(({ ms }) => ms)) / ratePerSecond(bare)) * 100;
  const what = 'functions called at once';
  return [
    judge(
      { name: `${what}, not answered well`, unit: '', atMost: 0 },
      all.filter(({ status }) => status !== 200).length,
    ),
    judge({ name: `${what}, p95 by a warm pod`, unit: 'ms', atMost: 300, on: 'real' }, p95Of(pool)),
    judge(
      { name: `${what}, rate of own pods against the cluster's`, unit: '%', atLeast: 80, on: 'real' },
      share && round(share),
    ),
  ];
}

const p95Of = (calls: BurstCall[]) => latencies(calls.map(({ ms }) => ms)).p95_ms;

/** How fast something came, in words. */
export function describeRate(what: string, timesMs: number[]): string {
  const rate = ratePerSecond(timesMs);
  if (Number.isNaN(rate)) return `${what}: too few for a rate`;
  return `${what} came at ${round(rate)} per second, from the first to the last of ${timesMs.length}`;
}
