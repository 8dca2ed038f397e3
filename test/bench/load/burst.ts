/** Many calls at once: all connections are open before the first request is written. */
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from './connection.ts';
import type { BurstCall, BurstPlan, BurstResult } from './plan.ts';

/** Below what a server's backlog takes, so that no connection waits for a second attempt. */
const OPENED_AT_ONCE = 100;
/** An open connection is the kernel's; the server still has to take it. */
const ACCEPT_MS = 200;

/** @throws Error when a connection cannot be opened: the burst would not be what it claims to be */
export async function generateBurst(plan: BurstPlan): Promise<BurstResult> {
  const connections = await openAll(plan);
  await delay(ACCEPT_MS);
  const startedAt = performance.now();
  let writtenMs = 0;
  const calls = connections.map((connection, index) => {
    const call = oneCall(connection, index, startedAt, plan.answerTimeoutMs);
    writtenMs = performance.now() - startedAt;
    return call;
  });
  const answered = await Promise.all(calls);
  for (const connection of connections) connection.destroy();
  return { calls: answered, writtenMs };
}

async function openAll({ host, port, burst }: BurstPlan): Promise<Connection[]> {
  const connections: Connection[] = [];
  for (let from = 0; from < burst.length; from += OPENED_AT_ONCE) {
    const batch = burst
      .slice(from, from + OPENED_AT_ONCE)
      .map((path) => new Connection(host, port, path, { keepBody: true }));
    await Promise.all(batch.map(({ opened }) => opened));
    connections.push(...batch);
  }
  const failed = connections.filter(({ closed }) => closed).length;
  if (failed === 0) return connections;
  for (const connection of connections) connection.destroy();
  throw new Error(`${failed} of ${burst.length} connections to ${host}:${port} could not be opened`);
}

function oneCall(
  connection: Connection,
  index: number,
  startedAt: number,
  timeoutMs: number,
): Promise<BurstCall> {
  return new Promise((resolve) => {
    const overdue = setTimeout(() => connection.destroy(), timeoutMs);
    connection.send((answer) => {
      clearTimeout(overdue);
      const { status, body = '' } = answer ?? {};
      resolve({ index, status, body, ms: performance.now() - startedAt });
    });
  });
}
