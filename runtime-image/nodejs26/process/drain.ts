import type { Server } from 'node:http';
import type { Calls } from '../http/calls.ts';
import type { ServerState } from '../http/server.ts';

export interface DrainOptions {
  server: Server;
  calls: Calls;
  state: ServerState;
  /** Time in which new calls are still answered, while gateways learn that this replica goes away. */
  windowMs: number;
  /** Time after which the process ends with calls still running. */
  limitMs: number;
  exit: (complete: boolean) => void;
}

/** A connection that waits in the kernel when the port closes is reset: close only when nobody has called for this. */
const QUIET_MS = 250;

/**
 * Shuts down without failing a call: for a short window everything is answered as before, only that connections close
 * behind each answer; then new calls are refused (to be sent elsewhere) while running ones finish.
 */
export function drain({ server, calls, state, windowMs, limitMs, exit }: DrainOptions): void {
  state.closing = true;
  for (const { response } of calls.running) {
    if (!response.headersSent) response.setHeader('connection', 'close');
  }
  let closed = false;
  const closeWhenQuiet = () => {
    if (closed || !calls.idle) return;
    const quietMs = performance.now() - calls.lastRefusal;
    if (quietMs < QUIET_MS) return void setTimeout(closeWhenQuiet, QUIET_MS - quietMs);
    closed = true;
    server.close(() => exit(true));
  };
  setTimeout(() => {
    calls.refuseNew();
    calls.onChange = closeWhenQuiet;
    closeWhenQuiet();
  }, windowMs);
  setTimeout(() => exit(false), limitMs).unref();
}
