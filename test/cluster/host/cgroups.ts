import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '#local/up/wait-for.ts';

/** Parent of the nodes' cgroups in every hierarchy. */
export const CGROUP = '/catnap-cluster';

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
    { timeoutMs: 15_000, describe: `the cgroups ${CGROUP} to be removed` },
  );
}

/** All directories of the cluster's cgroups, innermost first. */
async function cgroupTree(): Promise<string[]> {
  return (await controllerRoots()).map((root) => join(root, CGROUP)).flatMap(descend);
}

function descend(directory: string): string[] {
  if (!existsSync(directory)) return [];
  try {
    const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...children.flatMap(({ name }) => descend(join(directory, name))), directory];
  } catch {
    return [directory];
  }
}
