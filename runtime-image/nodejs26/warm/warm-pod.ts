/**
 * A pod that runs no function yet. It waits, with everything ready that does not depend on the function, for a gateway
 * to claim it, and is then that function's until its end, whatever becomes of its container.
 */
import { installConsole } from '../console.ts';
import { log } from '../log.ts';
import { LaunchDirectory } from './launch-directory.ts';
import type { WarmPod } from './pod.ts';
import { resume } from './resume.ts';
import { readWarmSettings } from './settings.ts';
import { waitForClaim } from './wait-for-claim.ts';

export async function startWarmPod(): Promise<void> {
  installConsole(console);
  const pod = openOrExit();
  const kept = pod.launch.read();
  await (kept ? resume(kept, pod) : waitForClaim(pod));
}

function openOrExit(): WarmPod {
  try {
    const settings = readWarmSettings(process.env);
    const launch = new LaunchDirectory(settings.launchDir);
    launch.check();
    return { settings, env: { ...process.env }, launch, process };
  } catch (error) {
    log('error', 'this pod cannot wait for a claim', { error: (error as Error).message });
    process.exit(1);
  }
}
