import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  timeoutMs: number;
  /** What is waited for, for the failure message: "two pods of hello"; a function tells what has come of it by then. */
  describe: string | (() => string);
  intervalMs?: number;
}

/**
 * Asks again and again until the condition returns something truthy (not undefined, null or false), and returns that. A
 * condition that throws counts as not met; the failure message tells the last thing it threw or returned.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs, describe, intervalMs = 50 }: WaitOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const started = performance.now();
  let last = 'nothing yet';
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<T, undefined | null | false>;
      }
      last = `returned ${value}`;
    } catch (error) {
      last = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
    if (performance.now() - started > timeoutMs) {
      const what = typeof describe === 'string' ? describe : describe();
      throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}; last: ${last}`);
    }
    await delay(intervalMs);
  }
}
