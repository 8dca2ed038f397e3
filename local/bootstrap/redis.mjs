import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { findOnPath, runQuietly } from './command.mjs';
import { UserError } from './errors.mjs';

const PACKAGE = 'redis-server';
const POLICY = '/usr/sbin/policy-rc.d';

/** Makes sure that redis-server or valkey-server is on the PATH; installs it where that is ours to do. */
export async function ensureRedis() {
  if (isInstalled()) return;
  if (!isDebianLike() || !findOnPath('apt-get')) {
    throw new UserError(
      'Catnap needs redis-server or valkey-server on the PATH. Install one with your package manager, then try again.',
    );
  }
  if (process.getuid?.() !== 0) {
    throw new UserError(
      `Catnap needs redis-server or valkey-server on the PATH. Install it with: sudo apt-get install ${PACKAGE}`,
    );
  }
  await install();
}

const isInstalled = () => findOnPath('redis-server', 'valkey-server') !== undefined;

function isDebianLike() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

async function install() {
  const restore = forbidServiceStart();
  let result;
  try {
    result = await aptInstall(`Installing ${PACKAGE}`);
    if (!result.ok) {
      // A fresh machine has no package lists.
      await apt('Updating package lists', ['update']);
      result = await aptInstall(`Installing ${PACKAGE} again`);
    }
  } finally {
    restore();
  }
  if (!result.ok || !isInstalled()) {
    throw new UserError(
      `${result.output.trim()}\n\nredis-server could not be installed with apt-get. Install redis-server or valkey-server yourself, then try again.`,
    );
  }
  await disableService();
}

const aptInstall = (title) => apt(title, ['install', '-y', '--no-install-recommends', PACKAGE]);

function apt(title, args) {
  return runQuietly(title, 'apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}

/** Catnap runs its own server on its own port: the package must not start one on 6379. */
function forbidServiceStart() {
  if (existsSync(POLICY)) return () => {};
  try {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  } catch {
    return () => {};
  }
  return () => rmSync(POLICY, { force: true });
}

/** Neither now nor at the next boot; only called for a package that we installed ourselves. */
async function disableService() {
  if (!existsSync('/run/systemd/system')) return;
  await runQuietly('Leaving its service off', 'systemctl', ['disable', '--now', PACKAGE]);
}
