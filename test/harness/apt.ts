/** Debian packages with the servers that tests start. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LIMIT_MS = 5 * 60_000;
const LOCK = '/tmp/catnap-test-packages.lock';
/** While it answers so, packages start none of the services they bring. */
const POLICY = '/usr/sbin/policy-rc.d';
const CLUSTERS = '/etc/postgresql-common/createcluster.conf';

/** One at a time on the machine, over all test files; $@ are the packages. */
const INSTALL = `
set -e
if [ ! -e ${POLICY} ]; then
  trap 'rm -f ${POLICY}' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >${POLICY}
  chmod 755 ${POLICY}
fi
if [ ! -e ${CLUSTERS} ]; then
  mkdir -p "$(dirname ${CLUSTERS})"
  echo 'create_main_cluster = false' >${CLUSTERS}
fi
install() { apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"; }
install "$@" || { apt-get update && install "$@"; }
`;

/**
 * Installs those of the packages that are missing.
 *
 * @throws Error that names the command to run when this process may not install them
 */
export async function ensureAptPackages(names: readonly string[]): Promise<void> {
  const missing = await missingOf(names);
  if (missing.length === 0) return;
  const command = `apt-get install ${missing.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(`This test needs ${missing.join(', ')} (names of Debian packages): install them.`);
  }
  if (process.getuid?.() !== 0) {
    throw new Error(`This test needs Debian packages that are missing. Install them with: sudo ${command}`);
  }
  await run('flock', [LOCK, 'sh', '-c', INSTALL, 'sh', ...missing], {
    timeout: LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

async function missingOf(names: readonly string[]): Promise<string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a format of dpkg-query
  const query = ['-W', '-f', '${Package} ${Status}\n', ...names];
  // Fails when one is unknown, and still prints the others.
  const { stdout } = await run('dpkg-query', query).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  const installed = new Set(
    stdout
      .split('\n')
      .filter((line) => line.endsWith(' install ok installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !installed.has(name));
}
