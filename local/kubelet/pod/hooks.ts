/** Lifecycle hooks of containers. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LifecycleHandler } from 'kubernetes-types/core/v1.js';
import { type CheckTarget, checkProbe, httpGet } from '../probes/check.ts';

/** Runs a hook to its end, at most for `timeoutMs`; the reason of the failure, if it failed. */
export async function runHook(
  hook: LifecycleHandler,
  target: CheckTarget,
  timeoutMs: number,
): Promise<string | undefined> {
  if (hook.sleep) {
    // Unreferenced: whoever stops waiting for it must not be kept alive by it.
    await delay(Math.min(hook.sleep.seconds * 1_000, timeoutMs), undefined, { ref: false });
    return undefined;
  }
  try {
    const { ok, message } = hook.httpGet
      ? await httpGet(hook.httpGet, target, timeoutMs)
      : await checkProbe({ exec: hook.exec, tcpSocket: hook.tcpSocket }, target, timeoutMs);
    return ok ? undefined : message;
  } catch (error) {
    return (error as Error).message;
  }
}
