import { existsSync } from 'node:fs';
import { findExecutable } from '#local/up/executable.ts';
import { ensureAptPackages } from '../apt.ts';

/** Path of a server; installs the Debian package of the same name when it is not there. */
export async function ensureServer(name: string): Promise<string> {
  const found = find(name);
  if (found) return found;
  await ensureAptPackages([name]);
  return find(name) ?? name;
}

/** Debian leaves /usr/sbin out of the PATH of those who are not root. */
function find(name: string): string | undefined {
  const path = `/usr/sbin/${name}`;
  return findExecutable(name) ?? (existsSync(path) ? path : undefined);
}
