/**
 * Calls to functions that sleep, each at its time: all of them once, then all are put back to sleep while nothing is
 * measured, and so on. What a cold start leaves behind, a pool that refills, is part of what the next one meets; that
 * pods are taken away again at the same pace is not.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '#test/harness/wait-for.ts';
import type { Bed } from '../bed.ts';
import { forEachOf } from '../parallel.ts';
import { type Caller, createCaller } from './call.ts';
import { refuseHopeless } from './hopeless.ts';
import { functionOf } from './pods.ts';
import { podNamed, type ServedBy, servedBy } from './served-by.ts';
import { type Timing, timingOf } from './server-timing.ts';
import { assertAsleep, putToSleep } from './sleep.ts';

export interface ColdCall {
  ms: number;
  by: ServedBy;
  /** Where the time went, as the gateway says. */
  timing?: Timing;
  /** How it went wrong, if it did. */
  failure?: string;
}

export interface ColdCallPlan {
  /** Called in turn; all asleep. They run code that tells its pod. */
  names: string[];
  count: number;
  /** Calls before the first that counts. */
  discarded: number;
  /** From the start of a call to that of the next. */
  intervalMs: number;
  /** Between two laps, when all are asleep again. */
  between?: () => Promise<unknown>;
  /** Before each call, whose function is asleep by then. */
  before?: (run: number) => Promise<void>;
}

/** How functions with warm pods are called: at the interval at which the peers were measured. */
export const PACE = { intervalMs: 400, discarded: 2 };
const SLEEPS_AT_ONCE = 8;
const LOG_EACH = 10;

/** Gateways report claims once a second; the operator then labels the pod. */
const KNOWN_TIMEOUT_MS = 30_000;

/**
 * @throws Error when a function has a pod at the time of its call or does not get back to sleep, and when call after
 *   call fails: there is nothing to measure then, and each may take a minute to fail
 */
export async function coldCalls(bed: Bed, plan: ColdCallPlan): Promise<ColdCall[]> {
  const { names, count, discarded } = plan;
  const caller = createCaller(bed);
  const calls: ColdCall[] = [];
  try {
    while (calls.length < discarded + count) {
      if (calls.length > 0) await plan.between?.();
      const lap = names.slice(0, discarded + count - calls.length);
      calls.push(...(await callEach(bed, caller, lap, plan, calls.length)));
      refuseHopeless(calls.map(({ failure }) => failure));
      await forEachOf(lap, SLEEPS_AT_ONCE, (name) => putToSleep(bed, name));
      logProgress(bed, calls.length - discarded, count, names.length);
    }
    return calls.slice(discarded);
  } finally {
    caller.close();
  }
}

/** Laps of a single function would say it for each call. */
function logProgress(bed: Bed, done: number, count: number, lap: number): void {
  if (done > 0 && (lap > 1 || done % LOG_EACH === 0)) bed.log(`${done} of ${count} cold calls`);
}

async function callEach(
  bed: Bed,
  caller: Caller,
  names: string[],
  { discarded, intervalMs, before }: ColdCallPlan,
  made: number,
): Promise<ColdCall[]> {
  const rounds: Promise<ColdCall>[] = [];
  let dueAt = performance.now();
  for (const [index, name] of names.entries()) {
    await before?.(made + index - discarded);
    await assertAsleep(bed, name);
    await delay(Math.max(0, dueAt - performance.now()));
    dueAt = performance.now() + intervalMs;
    const round = coldRound(bed, caller, name);
    // Awaited at the end of the lap; until then a failure has to wait too.
    round.catch(() => {});
    rounds.push(round);
    if (intervalMs === 0) await round;
  }
  return Promise.all(rounds);
}

async function coldRound(bed: Bed, caller: Caller, name: string): Promise<ColdCall> {
  const before = new Set(bed.pods.seen(name));
  const { ms, text, failure, exchange } = await caller.call(name);
  const fresh = () => [...bed.pods.seen(name)].filter((pod) => !before.has(pod));
  if (failure) return { ms, by: 'unknown', timing: timingOf(exchange), failure };
  await waitFor(() => isKnown(bed, name, podNamed(text), fresh()), {
    timeoutMs: KNOWN_TIMEOUT_MS,
    describe: `the pod that answered for ${name} (${text}) to be known as its own`,
    intervalMs: 20,
  });
  return { ms, by: servedBy(text, fresh()), timing: timingOf(exchange) };
}

/** A claimed pod is nobody's to the API until it has its label; before that, nothing would give it back. */
function isKnown(bed: Bed, name: string, podName: string | undefined, fresh: string[]): boolean {
  if (podName === undefined) return fresh.length > 0;
  const pod = bed.pods.get(podName);
  return pod === undefined || functionOf(pod) === name;
}
