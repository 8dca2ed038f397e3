import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../host/run.ts';

/** glibc opens these by name when a program looks up hosts, so that `ldd` does not list them. */
const NAME_SERVICE = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'];

/**
 * The files that `ldd` lists: shared libraries and the dynamic loader.
 * @throws Error naming a library that is not on this machine.
 */
export function parseLdd(output: string): string[] {
  const missing = /^\s*(\S+) => not found/m.exec(output);
  if (missing) throw new Error(`the shared library ${missing[1]} is not on this machine`);
  return [...output.matchAll(/(?:^|\s)(\/\S+)(?= \(0x)/g)].flatMap(([, file]) => file ?? []).sort();
}

/** Everything besides themselves that dynamically linked programs need to run and to look up hosts. */
export async function librariesOf(...programs: string[]): Promise<string[]> {
  const listed = await Promise.all(programs.map(async (program) => parseLdd(await run('ldd', [program]))));
  const files = new Set(listed.flat());
  const libc = [...files].find((file) => /\/libc\.so\.\d+$/.test(file));
  const nameService = libc ? NAME_SERVICE.map((name) => join(dirname(libc), name)) : [];
  return [...files, ...nameService.filter((file) => existsSync(file))];
}

/** The same files as a build context, below `root/` at the places where they are on this machine. */
export const placed = (files: readonly string[]): Record<string, string> =>
  Object.fromEntries(files.map((file) => [`root${file}`, file]));
