import type { Calls } from '../http/calls.ts';
import { failCall } from '../http/outcome.ts';
import type { ServerState } from '../http/server.ts';
import { currentCall, log } from '../log.ts';

/** How long calls that have nothing to do with a crash may go on. */
const CRASH_GRACE_MS = 5_000;

/**
 * An error that nobody caught leaves the function in an unknown state, so the process ends, as it would without Catnap:
 * the call that caused it gets 500 where that is known, others may finish within five seconds, new ones are refused.
 */
export function exitOnUncaught(
  calls: Calls,
  state: ServerState,
  exit: (code: number) => void,
  target: Pick<NodeJS.Process, 'on'>,
): void {
  let crashing = false;
  target.on('uncaughtException', (error, origin) => {
    const msg =
      origin === 'unhandledRejection' ? 'unhandled rejection, exiting' : 'uncaught exception, exiting';
    log('error', msg, { error });
    if (crashing) return;
    crashing = true;
    state.closing = true;
    calls.refuseNew();
    const culprit = currentCall.getStore();
    if (culprit && calls.running.has(culprit)) {
      failCall(culprit, error);
      calls.delete(culprit);
    }
    const exitWhenIdle = () => {
      // Behind the bytes of the last answer.
      if (calls.idle) setTimeout(exit, 50, 1);
    };
    calls.onChange = exitWhenIdle;
    exitWhenIdle();
    setTimeout(exit, CRASH_GRACE_MS, 1);
  });
}
