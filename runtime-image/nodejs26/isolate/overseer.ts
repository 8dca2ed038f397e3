/** Looks after what isolates take: time, memory, processor. Nothing of it needs the threads to cooperate. */
import type { Isolate } from './isolate.ts';
import type { Residents } from './residents.ts';

/** How often each isolate's signs of life are looked at. */
const CHECK_MS = 250;
/** How often what each has used is added up. */
const ACCOUNT_MS = 2_000;
const MIB = 2 ** 20;

/**
 * @param isCrowded whether the whole process has more memory than it should
 * @returns what ends it
 */
export function oversee(residents: Residents, isCrowded: () => boolean): () => void {
  let lastAt = performance.now();
  const check = () => {
    const now = performance.now();
    // Time in which this process did not run (a frozen or starved container) is no function's fault.
    const elapsedMs = Math.min(now - lastAt, 2 * CHECK_MS);
    lastAt = now;
    for (const isolate of residents.isolates()) isolate.check(now, elapsedMs);
    residents.retireIdle(now);
  };
  const used = new WeakMap<Isolate, number>();
  const account = async (isolate: Isolate) => {
    const { memoryMebibytes, cpuMillis } = isolate.limits;
    const externalBytes = await isolate.externalBytes();
    if (externalBytes > memoryMebibytes * MIB) {
      isolate.terminate('buffers take more memory than the limit, the isolate ends', { externalBytes });
    }
    if (cpuMillis === undefined) return;
    const cpuMs = await isolate.cpuMs();
    const since = cpuMs - (used.get(isolate) ?? 0);
    used.set(isolate, cpuMs);
    if (since > (ACCOUNT_MS * cpuMillis) / 1_000) isolate.lower();
  };
  const accountAll = () => {
    if (isCrowded()) residents.retireOldest();
    for (const isolate of residents.isolates()) {
      // One that ends meanwhile has nothing to tell.
      if (isolate.state === 'serving') void account(isolate).catch(() => undefined);
    }
  };
  const timers = [setInterval(check, CHECK_MS), setInterval(accountAll, ACCOUNT_MS)];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
