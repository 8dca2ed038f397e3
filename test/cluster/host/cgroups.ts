import { readdirSync } from 'node:fs';
import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '#local/up/wait-for.ts';

/**
 * What the cluster's cgroups are called, in every hierarchy: one for each node and one for the daemons. All are directly
 * below the root: the deeper groups are nested, the longer Linux' scheduler lets those within and beside wait.
 */
const PREFIX = 'catnap-cluster';

export const clusterCgroup = (name: string) => `/${PREFIX}-${name}`;

/** Roots of the cgroup hierarchies (v1 has one for each controller, v2 one in all). */
export function cgroupRoots(mounts: string): string[] {
  return mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .map(([, point]) => point ?? '');
}

/** Of the hierarchies that are mounted here. */
export const controllerRoots = async () => cgroupRoots(await readFile('/proc/self/mounts', 'utf8'));

/** A kubelet refuses a cgroup root that is not there. */
export async function createCgroup(path: string): Promise<void> {
  for (const root of await controllerRoots()) await mkdir(join(root, path), { recursive: true });
}

/** Processes in all cgroups of the cluster: those of containers, and the daemons where CPU is shared out. */
export async function cgroupProcesses(): Promise<number[]> {
  const pids = new Set<number>();
  for (const directory of await cgroupTree()) {
    const text = await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '');
    for (const pid of text.split('\n').map(Number)) if (pid > 0) pids.add(pid);
  }
  return [...pids];
}

/** Removes the emptied cgroups of the cluster; the kernel may need a moment after the last process ended. */
export async function removeCgroups(): Promise<void> {
  await waitFor(
    async () => {
      for (const directory of await cgroupTree()) await rmdir(directory).catch(() => {});
      return (await cgroupTree()).length === 0;
    },
    { timeoutMs: 15_000, describe: `the cgroups ${PREFIX}* to be removed` },
  );
}

/** All directories of the cluster's cgroups, innermost first. */
async function cgroupTree(): Promise<string[]> {
  return (await controllerRoots()).flatMap((root) =>
    children(root)
      .filter((name) => name.startsWith(PREFIX))
      .flatMap((name) => descend(join(root, name))),
  );
}

function descend(directory: string): string[] {
  return [...children(directory).flatMap((name) => descend(join(directory, name))), directory];
}

/** None where it has gone meanwhile. */
function children(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}
