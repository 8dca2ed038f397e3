import { access, constants, readFile } from 'node:fs/promises';
import { findExecutable } from '#local/up/executable.ts';
import { cgroupRoots } from './host/cgroups.ts';
import { cacheDirectory } from './plan/files.ts';
import { missingBinaries } from './setup/binaries.ts';
import { canInstall, missingPackages } from './setup/packages.ts';

/** One sentence on why no test cluster can run on this machine, with the remedy; undefined when one can. */
export async function clusterPrerequisite(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `The test cluster needs Linux, not ${process.platform}.`;
  if (process.getuid?.() !== 0) {
    return 'The test cluster needs root: its container runtime mounts file systems and makes network devices.';
  }
  const packages = missingPackages();
  if (packages.length > 0 && !canInstall()) {
    return `The test cluster needs ${packages.join(', ')} (names of Debian packages): install them.`;
  }
  const programs = missingBinaries();
  if (programs.length > 0 && !findExecutable('go')) {
    return `The test cluster compiles ${programs.join(', ')}, and there is no "go" on the PATH: install Go 1.26 or later, or set CATNAP_CLUSTER_CACHE (now ${cacheDirectory()}) to a directory that has them.`;
  }
  return kernelProblem();
}

async function kernelProblem(): Promise<string | undefined> {
  if (!(await readFile('/proc/filesystems', 'utf8')).includes('\toverlay\n')) {
    return 'The test cluster needs the overlay file system: load it by "modprobe overlay".';
  }
  const [root] = cgroupRoots(await readFile('/proc/self/mounts', 'utf8'));
  if (root === undefined) return 'The test cluster needs control groups: mount them at /sys/fs/cgroup.';
  const writable = await access(root, constants.W_OK).then(
    () => true,
    () => false,
  );
  return writable ? undefined : `The test cluster makes control groups, and ${root} is not writable.`;
}
