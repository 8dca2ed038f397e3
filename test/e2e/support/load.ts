/**
 * A steady load of real calls while something goes wrong: over kept connections, over a new one each, and
 * asynchronous ones whose end is looked up afterwards.
 *
 * No failed call is repeated, with one exception that every HTTP client makes: a GET on a kept connection that the
 * server closed before a byte of the answer (RFC 9110, section 9.2.2). Those are counted apart.
 */
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Exchange, exchange } from './exchange.ts';
import { finished } from './invocation.ts';
import type { TestNamespace } from './namespace.ts';
import { createTally, type Failure, type Tally } from './tally.ts';

export interface LoadOptions {
  /** Called in turn. */
  functions: string[];
  /** Of synchronous calls, such as `?ms=20`. */
  query?: string;
  /** Loops with a kept connection each. */
  kept?: number;
  /** Loops with a new connection for every call. */
  fresh?: number;
  /** Loops of asynchronous calls. */
  asynchronous?: number;
  /** Each loop's rest between two calls. */
  pauseMs?: number;
}

export interface LoadReport {
  calls: number;
  /** Synchronous calls that had no good answer, and asynchronous ones that were not accepted. */
  failures: Failure[];
  /** Locations that were acknowledged. */
  accepted: string[];
  /** Those of them that did not end well, in words. */
  lost: string[];
}

/** What the work under load may look at. */
export interface RunningLoad {
  readonly calls: number;
  readonly accepted: number;
  readonly failures: readonly Failure[];
}

const TIMEOUT_MS = 30_000;
const CALLS_BEFORE = 100;
const CALLS_AFTER = 200;
const LOOKUPS_AT_ONCE = 8;
const RUN_UP_MS = 30_000;
/** However long the work hangs, the load ends by itself. */
const LONGEST_MS = 10 * 60_000;

/** Runs the work under load, then looks up what became of the asynchronous calls; prints a line with the counts. */
export async function underSteadyLoad(
  space: TestNamespace,
  title: string,
  options: LoadOptions,
  work: (load: RunningLoad) => Promise<unknown>,
): Promise<LoadReport> {
  const { kept = 6, fresh = 2, asynchronous = 1 } = options;
  const tally = createTally();
  const accepted: string[] = [];
  const working = AbortSignal.timeout(LONGEST_MS);
  const stopped = new AbortController();
  const signal = AbortSignal.any([working, stopped.signal]);
  const loops = [
    ...repeat(kept, () => synchronousLoop(space, options, true, tally, signal)),
    ...repeat(fresh, () => synchronousLoop(space, options, false, tally, signal)),
    ...repeat(asynchronous, () => asynchronousLoop(space, options, tally, accepted, signal)),
  ];
  const running: RunningLoad = {
    get calls() {
      return tally.calls;
    },
    get accepted() {
      return accepted.length;
    },
    failures: tally.failures,
  };
  try {
    await callsMade(tally, CALLS_BEFORE);
    await work(running);
    await callsMade(tally, tally.calls + CALLS_AFTER);
  } finally {
    stopped.abort();
    await Promise.all(loops);
    process.stderr.write(`${title}: ${tally.summary()}; ${accepted.length} asynchronous calls accepted\n`);
  }
  const lost = await lostOf(space, accepted);
  if (lost.length > 0)
    process.stderr.write(`${title}: lost ${lost.length}: ${lost.slice(0, 5).join('; ')}\n`);
  return { calls: tally.calls, failures: tally.failures, accepted, lost };
}

const repeat = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

function callsMade(tally: Tally, count: number): Promise<unknown> {
  return waitFor(() => tally.calls >= count, { timeoutMs: RUN_UP_MS, describe: `${count} calls under load` });
}

async function synchronousLoop(
  space: TestNamespace,
  { functions, query = '', pauseMs = 20 }: LoadOptions,
  kept: boolean,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const agent = kept ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined;
  const way = kept ? 'kept connection' : 'new connection';
  for (let turn = 0; !signal.aborted; turn++) {
    const startedAt = performance.now();
    const url = space.url(functions[turn % functions.length] ?? '', query);
    let result: Exchange = await exchange(url, { agent, timeoutMs: TIMEOUT_MS });
    if ('broken' in result && result.wasIdle) {
      tally.addRepeat();
      result = await exchange(url, { timeoutMs: TIMEOUT_MS });
    }
    tally.add(way, startedAt, result, 200);
    await delay(pauseMs);
  }
  agent?.destroy();
}

async function asynchronousLoop(
  space: TestNamespace,
  { functions, pauseMs = 20 }: LoadOptions,
  tally: Tally,
  accepted: string[],
  signal: AbortSignal,
): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const startedAt = performance.now();
    const result = await exchange(space.url(functions[turn % functions.length] ?? ''), {
      method: 'POST',
      headers: { prefer: 'respond-async' },
      body: String(turn),
      timeoutMs: TIMEOUT_MS,
    });
    tally.add('asynchronous', startedAt, result, 202);
    if ('status' in result && result.status === 202) accepted.push(String(result.headers.location));
    await delay(pauseMs * 5);
  }
}

/** Waits for the end of each call; those that did not succeed. */
async function lostOf(space: TestNamespace, accepted: string[]): Promise<string[]> {
  const left = [...accepted];
  const lost: string[] = [];
  const lookUp = async () => {
    for (let location = left.pop(); location; location = left.pop()) {
      const end = await finished(space, location).catch((error: Error) => ({ status: error.message }));
      if (end.status !== 'succeeded') lost.push(`${location}: ${JSON.stringify(end)}`);
    }
  };
  await Promise.all(repeat(LOOKUPS_AT_ONCE, lookUp));
  return lost;
}
