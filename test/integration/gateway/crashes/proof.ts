/**
 * Nothing that was accepted is lost, whatever is killed: callers send asynchronous calls, and amid them gateways, pods and
 * Redis are killed with SIGKILL, one after the other.
 *
 * Some calls are delivered more than once, since nobody can know what became of a delivery whose end was not written
 * down. There are no more of them than were in flight at the kills:
 *
 * - a gateway: what it had in hand. The function may have run to its end; the gateway did not live to write that down.
 * - a pod: what it had begun and not answered. The connection breaks, and the gateway delivers the call again.
 * - Redis: at most what all gateways had in hand. They go on insisting that ends are written down, so that in fact
 *   nothing is repeated, unless a gateway dies before Redis is back.
 *
 * Each of these is repeated once. All else is delivered once.
 */
import { Agent } from 'node:http';
import { expect } from 'vitest';
import { keys } from '#gateway/async/keys.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { call } from '../fixture.ts';
import { Arena, FUNCTION_KEY, type Victim } from './arena.ts';

const SENDERS = 32;

export interface Crashes {
  readonly appendfsync: 'always' | 'everysec';
  readonly calls: number;
  /** In this order, evenly spread over the calls. */
  readonly kills: readonly Victim[];
}

/**
 * @returns how many calls were in flight at each kill, and how many were repeated, for people to read
 * @throws when an accepted call did not run to its end, or more were repeated than were in flight at the kills
 */
export async function proveNothingIsLost({ appendfsync, calls, kills }: Crashes): Promise<string> {
  const arena = await Arena.start(appendfsync);
  const agent = new Agent({ keepAlive: true });
  try {
    const bodies = Array.from({ length: calls }, (_, i) => `call-${i}`);
    const [inFlight] = await Promise.all([killAmid(arena, calls, kills), sendAll(arena, agent, bodies)]);
    await Promise.all(arena.takeovers);
    await waitFor(async () => (await arena.client.hexists(keys.backlog, FUNCTION_KEY)) === 0, {
      timeoutMs: 60_000,
      describe: 'no call to be unfinished',
    });
    const pods = arena.pods.map((pod) => pod.look());
    const ended = new Set(pods.flatMap((pod) => pod.ended));
    expect(bodies.filter((body) => !ended.has(body))).toEqual([]);
    expect(await arena.client.zcard(keys.deadFunctions)).toBe(0);
    const repeated = pods.flatMap((pod) => pod.begun).length - calls;
    const atRisk = inFlight.reduce((sum, count) => sum + count, 0);
    expect(repeated).toBeLessThanOrEqual(atRisk);
    // Else the kills proved nothing.
    expect(atRisk).toBeGreaterThan(kills.length);
    return `${kills.map((victim, i) => `${victim} ${inFlight[i]}`).join(', ')}; repeated ${repeated}`;
  } finally {
    agent.destroy();
    await arena.stop();
  }
}

/** Each until it is accepted, as a caller that repeats its request after a broken connection. */
async function sendAll(arena: Arena, agent: Agent, bodies: readonly string[]): Promise<void> {
  let next = 0;
  const sender = async () => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const options = { method: 'POST', headers: { 'idempotency-key': body }, body, agent };
      const send = async () =>
        (await call(arena.nextPort(), `/async/${FUNCTION_KEY}`, options)).status === 202;
      await waitFor(send, { timeoutMs: 30_000, describe: `${body} to be accepted`, intervalMs: 10 });
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

async function killAmid(arena: Arena, calls: number, kills: readonly Victim[]): Promise<number[]> {
  const inFlight: number[] = [];
  const endedCalls = () => arena.pods.reduce((sum, pod) => sum + pod.look().ended.length, 0);
  for (const [index, victim] of kills.entries()) {
    // Of what is left: much was done while the last victim was being replaced.
    const ended = endedCalls();
    const due = ended + Math.floor((calls - ended) / (kills.length + 1 - index));
    await waitFor(() => endedCalls() >= due, {
      timeoutMs: 60_000,
      describe: `${due} calls to have ended`,
      intervalMs: 20,
    });
    inFlight.push(await arena.kill(victim));
  }
  return inFlight;
}
