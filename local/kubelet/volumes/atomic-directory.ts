/**
 * Writes a set of files so that readers see either the old set or the new one, whole.
 *
 * Layout: `..DATA-n/` holds the files, `..data` links to it and is replaced by a rename, and each
 * first path component is a link through `..data`. Written synchronously: a pod's start waits for it, and a
 * dozen system calls take less than one turn through the thread pool.
 */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { PlannedFile } from './plan.ts';

const CURRENT = '..data';

/** Makes the directory hold exactly these files. */
export function writeAtomicDirectory(directory: string, files: ReadonlyMap<string, PlannedFile>): void {
  const version = `..version-${randomUUID()}`;
  const target = join(directory, version);
  const parents = new Set([target, ...[...files.keys()].map((path) => dirname(join(target, path)))]);
  for (const parent of parents) mkdirSync(parent, { recursive: true, mode: 0o755 });
  for (const [path, file] of files) writeOne(join(target, path), file);

  const previous = currentVersion(directory);
  const swap = join(directory, `..swap-${randomUUID()}`);
  symlinkSync(version, swap);
  renameSync(swap, join(directory, CURRENT));
  linkNames(directory, new Set([...files.keys()].map((path) => path.split('/')[0] as string)));
  if (previous) rmSync(join(directory, previous), { recursive: true, force: true });
}

function writeOne(path: string, { content, mode }: PlannedFile): void {
  writeFileSync(path, content, { mode });
  // The process's umask narrows the mode of a new file.
  if ((mode & 0o022) !== 0) chmodSync(path, mode);
}

function currentVersion(directory: string): string | undefined {
  try {
    return readlinkSync(join(directory, CURRENT));
  } catch {
    return undefined;
  }
}

function linkNames(directory: string, names: ReadonlySet<string>): void {
  const present = readdirSync(directory).filter((name) => !name.startsWith('..'));
  for (const name of present) if (!names.has(name)) rmSync(join(directory, name), { force: true });
  for (const name of names) {
    if (!present.includes(name)) symlinkSync(join(CURRENT, name), join(directory, name));
  }
}
