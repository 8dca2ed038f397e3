/**
 * Who gets how much CPU while there is too little: as on a node that systemd runs, where all daemons together weigh as
 * much as one core's worth of pods. Without this each thread of a kubelet or of runc weighs as much as all pods.
 *
 * Shares of cgroup v1; on a machine with v2 the daemons stay where they are.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { clusterCgroup, controllerRoots } from './cgroups.ts';

/** What systemd gives `system.slice`, and a kubelet the pods for each core of their node. */
const SHARES = 1024;
const DAEMONS = clusterCgroup('daemons');

/** Pods of a node weigh what they do on a machine of its own. */
export async function setNodeShares(nodeCgroup: string): Promise<void> {
  const cores = availableParallelism();
  for (const root of await sharesRoots()) {
    await writeFile(sharesFile(root, nodeCgroup), String(SHARES * cores));
  }
}

/** Everything that the process starts from now on weighs together with it, runc and the shims for example. */
export async function weighWithDaemons(pid: number): Promise<void> {
  for (const root of await sharesRoots()) {
    await mkdir(join(root, DAEMONS), { recursive: true });
    await writeFile(join(root, DAEMONS, 'cgroup.procs'), String(pid)).catch(
      (error: NodeJS.ErrnoException) => {
        // It has ended by now: who waits for it to be ready tells why.
        if (error.code !== 'ESRCH') throw error;
      },
    );
  }
}

const sharesFile = (root: string, cgroup: string) => join(root, cgroup, 'cpu.shares');

async function sharesRoots(): Promise<string[]> {
  return (await controllerRoots()).filter((root) => existsSync(sharesFile(root, '/')));
}
