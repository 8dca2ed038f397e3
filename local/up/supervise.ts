/** Starts a part again when it dies. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Component, describeExit, type Exit } from './component.ts';

const LONGEST_PAUSE_MS = 10_000;
/** A part that ran this long starts with a short pause again. */
const STABLE_MS = 30_000;
const SHOWN_LINES = 5;
const SHOWN_COLUMNS = 300;

/**
 * Restarts the component whenever it crashes, with growing pauses, until the signal aborts; says so with
 * its last log lines.
 */
export function supervise(component: Component, signal: AbortSignal, say: (line: string) => void): void {
  let failures = 0;
  let startedAt = performance.now();

  async function revive(exit: Exit): Promise<void> {
    if (signal.aborted) return;
    if (performance.now() - startedAt > STABLE_MS) failures = 0;
    say(
      `${component.name} ended unexpectedly (${describeExit(exit)}); starting it again. Log: ${component.logFile}`,
    );
    for (const line of component.tail(SHOWN_LINES)) say(`    ${line.slice(0, SHOWN_COLUMNS)}`);
    for (;;) {
      await delay(Math.min(LONGEST_PAUSE_MS, 250 * 2 ** failures++), undefined, { signal });
      startedAt = performance.now();
      try {
        await component.start();
        say(`${component.name} is back after ${Math.round(performance.now() - startedAt)} ms`);
        return;
      } catch (error) {
        if (signal.aborted) return;
        say(`${component.name} did not start: ${(error as Error).message}`);
      }
    }
  }

  component.onCrash((exit) => {
    // Rejects only when the pause is aborted, that is, when everything stops.
    revive(exit).catch(() => {});
  });
}
