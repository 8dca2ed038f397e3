/** Ends a server without failing a call: those that run or wait come to their end, new ones go elsewhere. */
import type { Server } from 'node:http';
import { withinTime } from './within-time.ts';

const POLL_MS = 50;
/** How long connections may take to close after their last answer. */
const CLOSE_MS = 1_000;

export interface DrainOptions {
  readonly server: Server;
  /** Makes the gateway not ready and further responses the last of their connections. */
  readonly announce: () => void;
  /** Calls that run or wait. */
  readonly active: () => number;
  /** How long balancers may need to notice, in milliseconds. */
  readonly settleMs: number;
  /** How long all of it may take, in milliseconds. */
  readonly limitMs: number;
}

/** Resolves when no call is left, with true, or when time is up, with false. */
export async function drain({ server, announce, active, settleMs, limitMs }: DrainOptions): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  announce();
  await pause(Math.min(settleMs, limitMs));
  server.close();
  while (active() > 0 && performance.now() < deadline) {
    server.closeIdleConnections();
    await pause(POLL_MS);
  }
  // What was answered just now may still be on its way to the caller.
  server.closeIdleConnections();
  await withinTime(Math.min(CLOSE_MS, Math.max(0, deadline - performance.now())), closed(server));
  const done = active() === 0;
  server.closeAllConnections();
  return done;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.getConnections((_, count) => {
      if (count === 0) resolve();
      else server.once('close', resolve);
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
