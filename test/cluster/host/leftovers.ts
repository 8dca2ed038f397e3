/**
 * Files that containerd, the CNI library and the kubelet write at fixed places outside the cluster's
 * directory, and which others on this machine may use as well: only what is ours goes.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NETWORK_PREFIX } from '../config/cni.ts';
import { DIRECTORY } from '../plan/files.ts';

const CNI_RESULTS = '/var/lib/cni/results';
const CONTAINER_LOGS = '/var/log/containers';
const SHIM_SOCKETS = '/run/containerd/s';
const DEVICE_PLUGINS = '/var/lib/kubelet/device-plugins';

/**
 * Directories that the cluster may make, innermost first; `down` removes those that were not there before
 * and are empty.
 */
const shared = [
  CNI_RESULTS,
  '/var/lib/cni',
  CONTAINER_LOGS,
  SHIM_SOCKETS,
  '/run/containerd/fifo',
  '/run/containerd',
  DEVICE_PLUGINS,
  '/var/lib/kubelet',
];

/** Those of the {@link shared} directories that do not exist at this moment. */
export function absentDirectories(): string[] {
  return shared.filter((directory) => !existsSync(directory));
}

/** Once nothing of the cluster runs any more. */
export async function removeLeftovers(absentBefore: string[]): Promise<void> {
  await removeShimSockets();
  await removeNetworkResults();
  await removeLogLinks();
  if (absentBefore.includes(DEVICE_PLUGINS)) await rm(join(DEVICE_PLUGINS, 'kubelet.sock'), { force: true });
  for (const directory of absentBefore) await rmdir(directory).catch(() => {});
}

/** Their names are hashes that do not tell whose they are; but one that nobody listens on is of no use. */
async function removeShimSockets(): Promise<void> {
  const open = await readFile('/proc/net/unix', 'utf8');
  for (const socket of deadSockets(await namesIn(SHIM_SOCKETS), open)) await rm(socket, { force: true });
}

/** Paths of the shims' sockets that are not in /proc/net/unix. */
export function deadSockets(names: string[], open: string): string[] {
  const paths = new Set(open.split('\n').map((line) => line.split(' ').at(-1)));
  return names.map((name) => join(SHIM_SOCKETS, name)).filter((path) => !paths.has(path));
}

/** The CNI library remembers each container's network under the network's name and the container's id. */
export function networkResults(names: string[]): string[] {
  const ids = new Set(
    names
      .filter((name) => name.startsWith(NETWORK_PREFIX))
      .map((name) => /-([0-9a-f]{64})-[^-]+$/.exec(name)?.[1]),
  );
  return names.filter((name) => ids.has(/-([0-9a-f]{64})-[^-]+$/.exec(name)?.[1] ?? ''));
}

async function removeNetworkResults(): Promise<void> {
  for (const name of networkResults(await namesIn(CNI_RESULTS))) await rm(join(CNI_RESULTS, name));
}

async function removeLogLinks(): Promise<void> {
  for (const name of await namesIn(CONTAINER_LOGS)) {
    const link = join(CONTAINER_LOGS, name);
    const target = await readlink(link).catch(() => '');
    if (target.startsWith(`${DIRECTORY}/`)) await rm(link);
  }
}

const namesIn = (directory: string) => readdir(directory).catch(() => []);
