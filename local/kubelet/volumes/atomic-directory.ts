/**
 * Writes a set of files so that readers see either the old set or the new one, whole.
 *
 * Layout: `..DATA-n/` holds the files, `..data` links to it and is replaced by a rename, and each
 * first path component is a link through `..data`.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlannedFile } from './plan.ts';

const CURRENT = '..data';

/** Makes the directory hold exactly these files. */
export async function writeAtomicDirectory(
  directory: string,
  files: ReadonlyMap<string, PlannedFile>,
): Promise<void> {
  const version = `..version-${randomUUID()}`;
  const target = join(directory, version);
  const parents = new Set([...files.keys()].map((path) => dirname(join(target, path))));
  await mkdir(target, { recursive: true, mode: 0o755 });
  await Promise.all([...parents].map((parent) => mkdir(parent, { recursive: true, mode: 0o755 })));
  await Promise.all([...files].map(([path, file]) => writeOne(join(target, path), file)));

  const previous = await readlink(join(directory, CURRENT)).catch(() => undefined);
  const swap = join(directory, `..swap-${randomUUID()}`);
  await symlink(version, swap);
  await rename(swap, join(directory, CURRENT));
  await linkNames(directory, new Set([...files.keys()].map((path) => path.split('/')[0] as string)));
  if (previous) await rm(join(directory, previous), { recursive: true, force: true });
}

async function writeOne(path: string, { content, mode }: PlannedFile): Promise<void> {
  await writeFile(path, content, { mode });
  // The process's umask narrows the mode of a new file.
  if ((mode & 0o022) !== 0) await chmod(path, mode);
}

async function linkNames(directory: string, names: ReadonlySet<string>): Promise<void> {
  const present = (await readdir(directory)).filter((name) => !name.startsWith('..'));
  await Promise.all([
    ...present.filter((name) => !names.has(name)).map((name) => rm(join(directory, name), { force: true })),
    ...[...names]
      .filter((name) => !present.includes(name))
      .map((name) => symlink(join(CURRENT, name), join(directory, name))),
  ]);
}
