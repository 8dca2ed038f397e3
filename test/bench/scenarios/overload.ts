/**
 * Five times what the pods can do: how much of the peak is still done, what the rest is told, and whether
 * anything hangs.
 */
import { type Bed, pathOf, readyAddresses } from '../bed.ts';
import { deploy } from '../functions/deploy.ts';
import type { LoadPlan, LoadResult } from '../load/plan.ts';
import { runLoad, toResult } from '../load/run.ts';
import type { Options } from '../options.ts';
import { meterControlPlane } from '../processes.ts';
import type { Report, Result } from '../report.ts';
import { latencies, round } from '../stats.ts';

const SECONDS = 9;
const WORK_MS = 100;
const PODS = 4;
const CONCURRENCY = 10;
const QUEUE = 40;
const FACTOR = 5;
/** Calls per second that the pods can do at best. */
const CAPACITY = (PODS * CONCURRENCY * 1000) / WORK_MS;

const CODE = `export const handler = () => new Promise((resolve) => setTimeout(resolve, ${WORK_MS}, 'ok'));`;

export async function overload(
  bed: Bed,
  { class: podClass, seconds = SECONDS }: Pick<Options, 'class' | 'seconds'>,
): Promise<Partial<Report>> {
  const scaling = { minReplicas: PODS, maxReplicas: PODS, concurrency: CONCURRENCY };
  await deploy(bed, 'overload', CODE, { class: podClass, scaling, queue: { maxDepth: QUEUE } });
  await readyAddresses(bed, 'overload', PODS);
  const meter = meterControlPlane(await bed.processes());
  const common = {
    ...bed.gateway,
    path: pathOf(bed, 'overload'),
    warmupMs: 2000,
    durationMs: seconds * 1000,
  };

  const peakPlan: LoadPlan = { ...common, connections: PODS * CONCURRENCY, answerTimeoutMs: 30_000 };
  const peak = toResult(`peak: ${PODS * CONCURRENCY} connections`, await runLoad(peakPlan));
  bed.log(`peak: ${peak.rps} calls/s of ${CAPACITY} possible`);

  const rate = CAPACITY * FACTOR;
  const flood = await runLoad({ ...common, rate, answerTimeoutMs: 30_000 });
  const flooded = toResult(`${FACTOR}× capacity: ${rate} calls/s`, flood);
  const results: Result[] = [
    { ...flooded, statuses: flood.statuses, retry_after_share: retryAfterShare(flood) },
    { name: 'refusals among them', n: flood.refusalsMs.length, ...refusalTimes(flood), errors: 0 },
  ];
  const share = round(((flooded.rps ?? 0) / (peak.rps ?? 1)) * 100);
  const notes = [
    `Goodput under overload is ${share} % of the peak; ${flood.statuses.none ?? 0} calls had no answer.`,
  ];
  return { results, baseline: [peak], control_plane: meter(), notes };
}

function retryAfterShare({ retryAfter, refusalsMs }: LoadResult): number {
  return refusalsMs.length === 0 ? 1 : round(retryAfter / refusalsMs.length, 4);
}

function refusalTimes({ refusalsMs }: LoadResult): Partial<Result> {
  return refusalsMs.length === 0 ? {} : latencies(refusalsMs);
}
