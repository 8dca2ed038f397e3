import { existsSync } from 'node:fs';
import { run } from '../host/run.ts';

/** Programs that the distribution brings, with the Debian package of each. */
const needed: Record<string, string> = {
  '/usr/bin/containerd': 'containerd',
  '/usr/sbin/runc': 'runc',
  '/usr/lib/cni/ptp': 'containernetworking-plugins',
  '/usr/bin/etcd': 'etcd-server',
  '/usr/sbin/iptables': 'iptables',
  '/usr/sbin/nft': 'nftables',
  '/usr/sbin/ip': 'iproute2',
};

const INSTALL_MS = 5 * 60_000;

/** Debian packages whose programs are missing. */
export function missingPackages(present: (file: string) => boolean = existsSync): string[] {
  return Object.entries(needed)
    .filter(([file]) => !present(file))
    .map(([, name]) => name);
}

export const canInstall = () => existsSync('/usr/bin/apt-get');

/** Installs what is missing. Throws when that fails. */
export async function installPackages(say: (line: string) => void): Promise<void> {
  const packages = missingPackages();
  if (packages.length === 0) return;
  say(`installing ${packages.join(', ')}`);
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: INSTALL_MS };
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  await run('apt-get', install, options).catch(async () => {
    // The package lists may be missing or old.
    await run('apt-get', ['update'], options);
    await run('apt-get', install, options);
  });
}
