/** Back to the machine as it was, whatever state the cluster is in. */
import { existsSync } from 'node:fs';
import { waitFor } from '#local/up/wait-for.ts';
import { cgroupProcesses, removeCgroups } from './host/cgroups.ts';
import { cleanIptables } from './host/iptables.ts';
import { removeLeftovers } from './host/leftovers.ts';
import { unmountBelow } from './host/mounts.ts';
import { removeLinks } from './host/network.ts';
import { run } from './host/run.ts';
import { restoreSysctls } from './host/sysctls.ts';
import { DIRECTORY } from './plan/files.ts';
import { signal } from './process/daemon.ts';
import { markedProcesses } from './process/proc.ts';
import { readBefore } from './state.ts';

const KILL_MS = 30_000;

/** Removes everything of the cluster; does nothing when nothing is there. Safe to repeat after a failure. */
export async function removeCluster(say: (line: string) => void): Promise<void> {
  const ended = await killAll();
  if (ended > 0) say(`${ended} processes ended`);
  await removeCgroups();
  // Made before anything else and removed last: without it there is nothing more of ours.
  if (!existsSync(DIRECTORY)) return;
  const mounts = await unmountBelow(DIRECTORY);
  say(`${mounts} mounts removed`);
  await restoreMachine();
  await run('rm', ['--recursive', '--force', '--one-file-system', DIRECTORY]);
  say('network, settings and files removed');
}

/** All at once and without asking: containers and their shims, then nobody is left to start them again. */
async function killAll(): Promise<number> {
  const ended = new Set<number>();
  await waitFor(
    async () => {
      const pids = [...(await markedProcesses()), ...(await cgroupProcesses())];
      for (const pid of pids) {
        ended.add(pid);
        signal(pid, 'SIGKILL');
      }
      return pids.length === 0;
    },
    { timeoutMs: KILL_MS, describe: 'all processes of the cluster to end', intervalMs: 20 },
  );
  return ended.size;
}

async function restoreMachine(): Promise<void> {
  await removeLinks();
  const before = await readBefore();
  // Written before anything was changed.
  if (!before) return;
  await cleanIptables(before.iptables);
  await restoreSysctls(before.sysctls);
  await removeLeftovers(before.absentDirectories);
}
