/** Debian packages that images are made of or with. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../host/run.ts';

const LIMIT_MS = 5 * 60_000;

/** Installs a package unless its program is there. Throws one sentence when that cannot be. */
export async function ensureProgram(file: string, name: string, say: (line: string) => void): Promise<void> {
  if (existsSync(file)) return;
  say(`installing ${name}`);
  await aptGet(name, ['install', '--yes', '--no-install-recommends', name]);
  if (!existsSync(file)) throw new Error(`the Debian package ${name} has no ${file}`);
}

/** Takes one file out of a package without installing it, which would turn out packages that conflict with it. */
export async function extractFile(name: string, path: string, target: string): Promise<string> {
  if (existsSync(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(`${target}-`);
  try {
    await aptGet(name, ['download', name], work);
    const [archive = ''] = (await readdir(work)).filter((file) => file.endsWith('.deb'));
    await run('dpkg-deb', ['--extract', join(work, archive), work]);
    await rename(join(work, path), target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return target;
}

async function aptGet(name: string, args: string[], cwd?: string): Promise<void> {
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `The test images need the Debian package ${name}, and this system has no apt-get: use Debian.`,
    );
  }
  const options = { cwd, env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: LIMIT_MS };
  await run('apt-get', args, options).catch(async () => {
    // The package lists may be missing or old.
    await run('apt-get', ['update'], options);
    await run('apt-get', args, options);
  });
}
