import { LoadError } from '../load/load-error.ts';
import { startFunction } from '../process/start-function.ts';
import { exitUnloadable } from '../process/unloadable.ts';
import type { LaunchSpec } from '../wire.ts';
import { Claims } from './claims.ts';
import { readLaunchSpec } from './launch-spec.ts';
import { moveIn, openClaimPort, type WarmPod } from './pod.ts';

/**
 * A container that starts again in a pod that belongs to a function: it does what a container of the function's own
 * does. Only when that serves is the claim port there again, for the readiness probe and for who is late.
 */
export async function resume(kept: Buffer, pod: WarmPod): Promise<void> {
  const spec = readKept(kept);
  moveIn(spec, pod);
  await startFunction(async (serving) => {
    const outcome = { status: 200, body: { loadMs: performance.now() } } as const;
    await openClaimPort(
      pod,
      Claims.settled(spec, outcome, () => serving.closing),
    );
  });
}

/** Never back to a pod without an owner: the function may have touched what it can write to. */
function readKept(kept: Buffer): LaunchSpec {
  try {
    return readLaunchSpec(kept);
  } catch (error) {
    return exitUnloadable(new LoadError(`the launch spec that was kept: ${(error as Error).message}`));
  }
}
