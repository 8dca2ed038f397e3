/**
 * Dedicated cold start: the function has no pod, a call comes, the answer is there. The baselines are what no
 * platform can be faster than: on the test cluster the time that Kubernetes needs for the barest of pods, measured in
 * turns with the calls; and starting the runtime as a bare process until it listens.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '#crds/wire/environment.ts';
import { freePort } from '#local/up/ports.ts';
import { buildRuntime } from '#runtime/build.ts';
import { type Bed, deploy, type Log, pathOf, putToSleep } from '../bed.ts';
import { meterControlPlane } from '../processes.ts';
import type { Report, Result } from '../report.ts';
import { latencies } from '../stats.ts';
import { createBarePod } from './bare-pod.ts';

const CODE = "export const handler = () => 'ok';";
const DISCARDED = 2;
const GIVE_UP_MS = 60_000;

export async function coldstart(bed: Bed, count: number): Promise<Partial<Report>> {
  await deploy(bed, 'cold', CODE, { scaling: { idleSeconds: 1 } });
  const barePod = bed.nodes.length > 0 ? await createBarePod(bed, 'cold') : undefined;
  const meter = meterControlPlane(await bed.processes());
  const times: number[] = [];
  const barePodTimes: number[] = [];
  let errors = 0;
  for (let run = -DISCARDED; run < count; run++) {
    await putToSleep(bed, 'cold');
    const { ms, ok } = await timedCall(bed);
    await putToSleep(bed, 'cold');
    const barePodMs = await barePod?.start();
    if (run < 0) continue;
    times.push(ms);
    if (barePodMs !== undefined) barePodTimes.push(barePodMs);
    if (!ok) errors++;
    if ((run + 1) % 10 === 0) bed.log(`${run + 1} of ${count} cold starts`);
  }
  barePod?.close();
  const results = [toResult('dedicated cold start', times, errors)];
  const control_plane = meter();
  const baseline = [await bareRuntime(count, bed.log)];
  if (barePod) baseline.unshift(toResult('bare pod, scale to listening', barePodTimes));
  return { results, baseline, control_plane };
}

function toResult(name: string, times: number[], errors = 0): Result {
  return { name, n: times.length, ...latencies(times), errors };
}

async function timedCall(bed: Bed): Promise<{ ms: number; ok: boolean }> {
  const url = `http://${bed.gateway.host}:${bed.gateway.port}${pathOf(bed, 'cold')}`;
  const started = performance.now();
  const response = await fetch(url, { signal: AbortSignal.timeout(GIVE_UP_MS) });
  const text = await response.text();
  return { ms: performance.now() - started, ok: response.status === 200 && text === 'ok' };
}

async function bareRuntime(count: number, log: Log): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-bench-'));
  try {
    const { entry } = await buildRuntime(join(directory, 'runtime'));
    const code = join(directory, 'function');
    await mkdir(code);
    await writeFile(join(code, 'index.mjs'), CODE);
    const times: number[] = [];
    for (let run = -DISCARDED; run < count; run++) {
      const ms = await spawnToListening(entry, code);
      if (run >= 0) times.push(ms);
    }
    log(`${count} bare starts of the runtime`);
    return toResult('runtime process, spawn to listening', times);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function spawnToListening(entry: string, functionDir: string): Promise<number> {
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    [environment.port]: String(port),
    [environment.handler]: 'index.handler',
    [environment.functionDir]: functionDir,
    [environment.concurrency]: '10',
    [environment.timeoutSeconds]: '30',
    [environment.functionName]: 'bare',
    [environment.functionNamespace]: 'bench',
    [environment.revision]: 'bench',
  };
  const started = performance.now();
  const child = spawn(process.execPath, [entry], { env, stdio: 'ignore' });
  try {
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`the runtime ended with ${child.exitCode}`);
      if (performance.now() - started > GIVE_UP_MS) throw new Error('the runtime does not listen');
    }
    return performance.now() - started;
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

/** One attempt to connect; a refused one pauses for a millisecond so that the process gets the CPU. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 1, false));
  });
}
