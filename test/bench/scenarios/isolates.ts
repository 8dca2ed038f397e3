/**
 * Functions that share a host. Cold: one that is not loaded is called; it is let go of after a second without calls, so
 * that each lap meets it cold. Loaded: many functions are called at random, and calls should find the code there.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '#test/harness/wait-for.ts';
import type { Bed } from '../bed.ts';
import { type Caller, createCaller, type TimedCall } from '../functions/call.ts';
import { callsResult } from '../functions/calls-result.ts';
import { deployAsleep } from '../functions/deploy.ts';
import { refuseHopeless } from '../functions/hopeless.ts';
import { whenPoolIsFull } from '../functions/pool.ts';
import { TELLS_POD } from '../functions/served-by.ts';
import { timingOf } from '../functions/server-timing.ts';
import { numbered } from '../parallel.ts';
import type { Result } from '../report.ts';
import { round } from '../stats.ts';
import { judge, type Target } from '../targets.ts';
import { timingResults } from './cold-report.ts';

const FUNCTIONS = 25;
const LOADED_CALLS = 2_000;
const LOADED_RATE = 100;
/** Idle time, the host's look at it, and the drain of the thread. */
const FORGOTTEN_MS = 6_000;
const DISCARDED = 5;

export interface IsolateOptions {
  count: number;
  intervalMs: number;
}

interface IsolatePart {
  results: Result[];
  targets: Target[];
  notes: string[];
}

export async function isolates(bed: Bed, { count, intervalMs }: IsolateOptions): Promise<IsolatePart> {
  const names = numbered('isolate', Math.min(FUNCTIONS, count));
  await deployAsleep(bed, names, TELLS_POD, { class: 'isolate', scaling: { idleSeconds: 1 } });
  const hosts = await whenPoolIsFull(bed, names[0] ?? '');
  const caller = createCaller(bed);
  try {
    const cold = await coldCalls(bed, caller, { names, count, intervalMs });
    const loaded = await loadedShare(bed, caller);
    const result = callsResult('isolate cold start', cold);
    return {
      results: [
        result,
        ...timingResults(cold.map(({ exchange }) => ({ timing: timingOf(exchange) }))),
        loaded.result,
      ],
      targets: targetsOf(result, loaded.percent),
      notes: [`Isolates: one call each ${intervalMs} ms, ${names.length} in a row; ${hosts} hosts for them.`],
    };
  } finally {
    caller.close();
  }
}

/** @throws Error when calls found what should not have been there: the measurement would be of something else */
async function coldCalls(
  bed: Bed,
  caller: Caller,
  { names, count, intervalMs }: IsolateOptions & { names: string[] },
): Promise<TimedCall[]> {
  const calls: TimedCall[] = [];
  while (calls.length < count + DISCARDED) {
    if (calls.length > 0) await delay(FORGOTTEN_MS);
    for (const name of names.slice(0, count + DISCARDED - calls.length)) {
      const [call] = await Promise.all([caller.call(name), delay(intervalMs)]);
      calls.push(call);
    }
    refuseHopeless(calls.map(({ failure }) => failure));
    bed.log(`${Math.max(0, calls.length - DISCARDED)} of ${count} calls of isolates`);
  }
  const measured = calls.slice(DISCARDED);
  const warm = measured.filter(({ failure, exchange }) => !failure && timingOf(exchange).claim === undefined);
  if (warm.length > 0) throw new Error(`${warm.length} of ${count} calls were no cold starts`);
  return measured;
}

/** After each was called once, the share of calls that did not have to wait for their function to be loaded. */
async function loadedShare(bed: Bed, caller: Caller): Promise<{ result: Result; percent: number }> {
  const names = numbered('resident', FUNCTIONS);
  await deployAsleep(bed, names, TELLS_POD, { class: 'isolate', scaling: { idleSeconds: 60 } });
  await waitFor(
    async () => (await Promise.all(names.map((name) => caller.call(name)))).every(({ failure }) => !failure),
    {
      timeoutMs: 60_000,
      describe: 'each function to be called once',
    },
  );
  const rounds: Promise<TimedCall>[] = [];
  for (let i = 0; i < LOADED_CALLS; i++) {
    rounds.push(caller.call(names[Math.floor(Math.random() * names.length)] ?? ''));
    await delay(1_000 / LOADED_RATE);
  }
  const calls = await Promise.all(rounds);
  const waited = calls.filter(
    ({ failure, exchange }) => failure || timingOf(exchange).claim !== undefined,
  ).length;
  return {
    result: callsResult(`${FUNCTIONS} isolates called at random, ${LOADED_RATE} calls/s`, calls),
    percent: round(100 - (100 * waited) / calls.length, 2),
  };
}

function targetsOf({ p50_ms, p95_ms }: Result, loadedPercent: number): Target[] {
  const common = { unit: 'ms', peer: 'Cloudflare Workers: < 5 ms, hosted' } as const;
  return [
    judge({ ...common, name: 'isolate cold start, p50', atMost: 8 }, p50_ms),
    judge({ ...common, name: 'isolate cold start, p95', atMost: 15 }, p95_ms),
    judge({ name: 'calls of isolates that found their code loaded', unit: '%', atLeast: 99 }, loadedPercent),
  ];
}
