/** The pool of warm pods, as seen from outside. */
import { functions } from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { Bed } from '../bed.ts';
import { statusOf } from './deploy.ts';
import { isReady } from './pods.ts';

/** The status that says so comes with the one that says that the code loads, or soon after. */
const LAUNCH_TIMEOUT_MS = 5_000;
const FIRST_POD_TIMEOUT_MS = 20_000;
/** A pool that refills while nobody waits has a pod each five seconds. */
const FULL_TIMEOUT_MS = 300_000;
/** A pool that has not changed for this long is as full as it gets. */
const QUIET_MS = 2_000;

/**
 * Waits until a pool that serves this function has filled up; returns how many warm pods it has. That there are none is
 * no reason to give up: calls then start pods, and the report says so.
 */
export async function whenPoolIsFull(bed: Bed, functionName: string): Promise<number> {
  if (!(await isPoolable(bed, functionName))) return 0;
  const hasWarmPod = () => bed.pods.warm().some(isReady);
  if (!(await inTime(hasWarmPod, FIRST_POD_TIMEOUT_MS))) {
    bed.log(`no warm pod for ${functionName}, whose status says that it can be pooled`);
    return 0;
  }
  let count = 0;
  let since = performance.now();
  const isFull = () => {
    const warm = bed.pods.warm();
    if (warm.length === count && warm.every(isReady)) return performance.now() - since > QUIET_MS;
    count = warm.length;
    since = performance.now();
    return false;
  };
  await waitFor(isFull, { timeoutMs: FULL_TIMEOUT_MS, describe: 'the pool of warm pods to be full' });
  return count;
}

async function isPoolable(bed: Bed, name: string): Promise<boolean> {
  const { spec } = await bed.client.get(functions, { namespace: bed.namespace, name });
  if (spec.class === 'dedicated') return false;
  return inTime(async () => (await statusOf(bed, name)).launch !== undefined, LAUNCH_TIMEOUT_MS);
}

function inTime(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  return waitFor(condition, { timeoutMs, describe: 'it' }).then(
    () => true,
    () => false,
  );
}
