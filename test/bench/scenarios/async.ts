/**
 * Asynchronous calls with one pod that answers at once: what an idle queue adds to a call, how many are accepted while
 * nothing is delivered, how many of those are delivered while nothing is accepted, both together, and what a call that
 * waits needs in Redis.
 */
import { waitFor } from '#test/harness/wait-for.ts';
import { type Bed, pathOf, readyAddresses } from '../bed.ts';
import { deploy } from '../functions/deploy.ts';
import { readGateways } from '../gateway-metrics.ts';
import type { LoadPlan } from '../load/plan.ts';
import { runLoad, toResult } from '../load/run.ts';
import type { Options } from '../options.ts';
import { meterControlPlane, meterPart, type PartProcess, residentMegabytes } from '../processes.ts';
import type { Report, Result } from '../report.ts';
import { round } from '../stats.ts';
import { judge, type Target } from '../targets.ts';

const CODE = "export const handler = () => 'ok';";
const SECONDS = 9;
const WARMUP_MS = 1000;
const CONNECTIONS = 64;
/** From the last acceptance to the first delivery, so that neither is in the other's figures. */
const GAP_MS = 4000;
const DRAIN_TIMEOUT_MS = 120_000;

type Seconds = { seconds?: number };

export async function asynchronous(
  bed: Bed,
  { class: podClass, seconds = SECONDS }: Pick<Options, 'class' | 'seconds'>,
): Promise<Partial<Report>> {
  const scaling = { minReplicas: 1, maxReplicas: 1, concurrency: 1000 };
  await deploy(bed, 'async', CODE, { class: podClass, scaling, async: { maxBacklog: 1_000_000 } });
  await readyAddresses(bed, 'async', 1);
  const processes = await bed.processes();
  const meter = meterControlPlane(processes);

  const sync = toResult('synchronous, 1 connection', await runLoad(plan(bed, { connections: 1, seconds })));
  const waiting = { prefer: 'respond-async, wait=10' };
  const idlePlan = plan(bed, { connections: 1, seconds, headers: waiting });
  const idle = toResult('idle queue: call to result, 1 connection', await runLoad(idlePlan));
  bed.log(`idle queue: p50 ${idle.p50_ms} ms; synchronous ${sync.p50_ms} ms`);

  const stored = await accept(bed, processes, seconds);
  const drained = await drain(bed, processes, stored.n);
  const together = await both(bed, processes, seconds);
  return {
    results: [idle, stored, ...(drained ? [drained] : []), together],
    baseline: [sync],
    targets: targets({ sync, idle, stored, drained }),
    control_plane: meter(),
    notes: stored.notes,
  };
}

/** Calls that are all put off to the same moment after the end of this. */
async function accept(bed: Bed, processes: PartProcess[], seconds: number) {
  const redis = processes.find(({ part }) => part === 'redis');
  const before = redis && residentMegabytes(redis);
  const at = new Date(Date.now() + WARMUP_MS + seconds * 1000 + GAP_MS).toISOString();
  const cpu = meterPart(processes, 'gateway');
  const headers = { 'x-catnap-at': at, prefer: 'respond-async' };
  const load = await runLoad(plan(bed, { connections: CONNECTIONS, seconds, headers, good: 202 }));
  const used = cpu();
  const measured = toResult(`accepted while none is due, ${CONNECTIONS} connections`, load);
  const all = (measured.n * (seconds * 1000 + WARMUP_MS)) / (seconds * 1000);
  const notes: string[] = [];
  if (redis && before !== undefined) {
    const each = (residentMegabytes(redis) - before) / all;
    notes.push(
      `Redis: ${round(each * 100_000)} MB resident per 100,000 calls that wait, from ${Math.round(all)} of them.`,
    );
  }
  bed.log(`accepted: ${measured.rps}/s`);
  return { ...measured, notes, ...(used > 0 && { rps_per_gateway_core: round(all / used) }) };
}

/** The same calls, once they are due; undefined where the gateway's metrics cannot be read. */
async function drain(bed: Bed, processes: PartProcess[], accepted: number): Promise<Result | undefined> {
  const finished = async () => (await readGateways(processes))?.('catnap_async_finished_total');
  const before = await finished();
  if (before === undefined) return undefined;
  const until = (count: number) =>
    waitFor(async () => ((await finished()) ?? 0) >= count, {
      timeoutMs: DRAIN_TIMEOUT_MS,
      describe: `${count} calls to have ended`,
      intervalMs: 20,
    });
  await until(before + 1);
  const startedAt = performance.now();
  const first = (await finished()) ?? 0;
  const cpu = meterPart(processes, 'gateway');
  await until(before + accepted);
  const seconds = (performance.now() - startedAt) / 1000;
  const n = before + accepted - first;
  bed.log(`delivered: ${Math.round(n / seconds)}/s`);
  return {
    name: 'delivered while none is accepted',
    n,
    rps: round(n / seconds),
    rps_per_gateway_core: round(n / cpu()),
    errors: 0,
  };
}

/** Accepted and delivered at once. */
async function both(bed: Bed, processes: PartProcess[], seconds: number): Promise<Result> {
  const cpu = meterPart(processes, 'gateway');
  const headers = { prefer: 'respond-async' };
  const load = await runLoad(plan(bed, { connections: CONNECTIONS, seconds, headers, good: 202 }));
  const used = cpu();
  const result = toResult(`accepted and delivered together, ${CONNECTIONS} connections`, load);
  const all = (result.n * (seconds * 1000 + WARMUP_MS)) / (seconds * 1000);
  return { ...result, ...(used > 0 && { rps_per_gateway_core: round(all / used) }) };
}

function plan(
  bed: Bed,
  { seconds = SECONDS, ...rest }: Seconds & Pick<LoadPlan, 'connections' | 'headers' | 'good'>,
): LoadPlan {
  const times = { warmupMs: WARMUP_MS, durationMs: seconds * 1000, answerTimeoutMs: 30_000 };
  return { ...bed.gateway, path: pathOf(bed, 'async'), ...times, ...rest };
}

interface Measured {
  sync: Result;
  idle: Result;
  stored: Result;
  drained: Result | undefined;
}

function targets({ sync, idle, stored, drained }: Measured): Target[] {
  const wait = (idle.p50_ms ?? Number.NaN) - (sync.p50_ms ?? Number.NaN);
  return [
    judge({ name: 'accepted per second', unit: '', atLeast: 3000 }, stored.rps),
    judge(
      { name: 'delivered per second of a gateway core', unit: '', atLeast: 2000 },
      drained?.rps_per_gateway_core,
    ),
    judge({ name: 'wait in an idle queue, p50', unit: 'ms', atMost: 10 }, round(wait, 3)),
  ];
}
