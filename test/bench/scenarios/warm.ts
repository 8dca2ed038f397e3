/**
 * The warm path: one pod, gateway against direct to that pod, alternating in the same run so that both meet
 * the same machine. Closed loop; one connection tells latency, more tell throughput. Where there are several gateways,
 * all of them together as well.
 */
import { FUNCTION_PORT } from '#crds/wire/names.ts';
import { type Bed, pathOf, readyAddresses } from '../bed.ts';
import { deploy } from '../functions/deploy.ts';
import type { LoadPlan, LoadResult } from '../load/plan.ts';
import { mergeLoads, runLoad, toResult } from '../load/run.ts';
import type { Options } from '../options.ts';
import { meterControlPlane, meterPart, type PartProcess } from '../processes.ts';
import type { Report, Result } from '../report.ts';
import { round } from '../stats.ts';

const CODE = "export const handler = () => 'ok';";
const SECONDS = 9;
const CONNECTIONS = [1, 20, 50];
/** To each of several gateways. */
const CONNECTIONS_EACH = 20;
const ROUNDS = 3;

export async function warm(
  bed: Bed,
  { class: podClass, seconds = SECONDS }: Pick<Options, 'class' | 'seconds'>,
): Promise<Partial<Report>> {
  const scaling = { minReplicas: 1, maxReplicas: 1, concurrency: 1000 };
  await deploy(bed, 'warm', CODE, { class: podClass, scaling });
  const [address = ''] = await readyAddresses(bed, 'warm', 1);
  const direct = await isReachable(address);
  const processes = await bed.processes();
  const meter = meterControlPlane(processes);
  const results: Result[] = [];
  const baseline: Result[] = [];
  for (const connections of CONNECTIONS) {
    const viaGateway: LoadResult[] = [];
    const viaPod: LoadResult[] = [];
    let gatewayCpu = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const cpu = meterPart(processes, 'gateway');
      viaGateway.push(await runLoad(plan(bed.gateway, pathOf(bed, 'warm'), connections, seconds)));
      gatewayCpu += cpu();
      const pod = { host: address, port: FUNCTION_PORT };
      if (direct) viaPod.push(await runLoad(plan(pod, '/', connections, seconds)));
    }
    const name = connections === 1 ? '1 connection' : `${connections} connections`;
    results.push(withCpu(toResult(`gateway, ${name}`, mergeLoads(viaGateway)), gatewayCpu));
    if (direct) baseline.push(toResult(`pod directly, ${name}`, mergeLoads(viaPod)));
    bed.log(`${name}: done`);
  }
  const together = await allGateways(bed, processes, seconds);
  if (together) results.push(together);
  const notes = direct ? undefined : ['The pod cannot be reached from here: no direct baseline.'];
  return { results, baseline, control_plane: meter(), notes };
}

/** Each at its own address at the same time; undefined where there is only one, or none that is known. */
async function allGateways(bed: Bed, processes: PartProcess[], seconds: number): Promise<Result | undefined> {
  const gateways = processes.flatMap(({ calls }) => calls ?? []);
  if (gateways.length < 2) return undefined;
  const rounds: LoadResult[] = [];
  let gatewayCpu = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const cpu = meterPart(processes, 'gateway');
    const path = pathOf(bed, 'warm');
    const loads = gateways.map((gateway) => runLoad(plan(gateway, path, CONNECTIONS_EACH, seconds)));
    rounds.push(mergeLoads(await Promise.all(loads), true));
    gatewayCpu += cpu();
  }
  const name = `${gateways.length} gateways together, ${CONNECTIONS_EACH} connections each`;
  return withCpu(toResult(name, mergeLoads(rounds)), gatewayCpu);
}

function plan(to: Bed['gateway'], path: string, connections: number, seconds: number): LoadPlan {
  const durationMs = (seconds * 1000) / ROUNDS;
  return { ...to, path, connections, warmupMs: 1000, durationMs, answerTimeoutMs: 10_000 };
}

/** The warm-up's share of the CPU time is taken off by time: the load is even. */
function withCpu(result: Result, cpu: number): Result {
  if (cpu === 0 || result.rps === undefined) return result;
  const measuredSeconds = result.n / result.rps;
  const share = measuredSeconds / (measuredSeconds + ROUNDS);
  return { ...result, rps_per_gateway_core: round(result.n / (cpu * share)) };
}

async function isReachable(address: string): Promise<boolean> {
  return fetch(`http://${address}:${FUNCTION_PORT}/`, { signal: AbortSignal.timeout(2000) }).then(
    () => true,
    () => false,
  );
}
