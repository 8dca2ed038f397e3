/** The kinds of load of a soak: a function each, and when it is called. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Caller, TimedCall } from '../../functions/call.ts';
import type { LaneTally } from './tally.ts';

export interface Lane {
  /** Of the function, too. */
  name: string;
  about: string;
  everyMs: number;
  callsAtOnce: number;
  asynchronous?: boolean;
  /** Beyond the defaults. */
  scaling?: object;
}

const RESULT_TIMEOUT_MS = 60_000;
const RESULT_POLL_MS = 20;

export const REDEPLOYED = 'redeployed';

export const lanes: Lane[] = [
  { name: 'steady', about: '20 calls/s', everyMs: 50, callsAtOnce: 1 },
  { name: 'bursty', about: '100 calls at once each 10 s', everyMs: 10_000, callsAtOnce: 100 },
  {
    name: 'waking',
    about: 'a call each 8 s, asleep after 2 s',
    everyMs: 8_000,
    callsAtOnce: 1,
    scaling: { idleSeconds: 2 },
  },
  {
    name: 'asynchronous',
    about: '2 calls/s, until the result is there',
    everyMs: 500,
    callsAtOnce: 1,
    asynchronous: true,
  },
  { name: REDEPLOYED, about: '10 calls/s, new code each minute', everyMs: 100, callsAtOnce: 1 },
];

/** Calls at even intervals, whatever comes back, until the signal aborts; resolves when every call has ended. */
export async function drive(
  lane: Lane,
  caller: Caller,
  tally: LaneTally,
  signal: AbortSignal,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let dueAt = performance.now();
  while (!signal.aborted) {
    for (let index = 0; index < lane.callsAtOnce; index++) {
      const call = oneCall(lane, caller, tally).finally(() => underWay.delete(call));
      underWay.add(call);
    }
    dueAt += lane.everyMs;
    await delay(Math.max(0, dueAt - performance.now()), undefined, { signal }).catch(() => {});
  }
  await Promise.all(underWay);
}

async function oneCall(lane: Lane, caller: Caller, tally: LaneTally): Promise<void> {
  const { ms, failure } = lane.asynchronous
    ? await asynchronousCall(lane.name, caller)
    : await synchronousCall(lane.name, caller, tally);
  tally.add(ms, failure);
}

/** Every HTTP client sends a GET again that met a kept connection closed while idle (RFC 9110, section 9.2.2). */
async function synchronousCall(name: string, caller: Caller, tally: LaneTally): Promise<TimedCall> {
  const first = await caller.call(name);
  if (!('broken' in first.exchange && first.exchange.wasIdle)) return first;
  tally.addRepeat();
  return caller.call(name);
}

/** From the request until its result can be seen. */
async function asynchronousCall(name: string, caller: Caller): Promise<Pick<TimedCall, 'ms' | 'failure'>> {
  const started = performance.now();
  const ended = (failure?: string) => ({ ms: performance.now() - started, failure });
  const headers = { prefer: 'respond-async' };
  const { exchange, failure } = await caller.call(name, {
    method: 'POST',
    body: 'soak',
    headers,
    expected: 202,
  });
  if (failure || 'broken' in exchange) return ended(`accepting: ${failure}`);
  while (performance.now() - started < RESULT_TIMEOUT_MS) {
    const shown = await caller.send(String(exchange.headers.location));
    if (shown.failure) return ended(`result: ${shown.failure}`);
    const { status, reason = '' } = JSON.parse(shown.text) as { status: string; reason?: string };
    if (status === 'succeeded') return ended();
    if (status === 'failed') return ended(`result: failed ${reason}`);
    await delay(RESULT_POLL_MS);
  }
  return ended('result: none in time');
}
