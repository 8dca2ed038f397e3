import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../context.ts';
import { librariesOf, placed } from '../libraries.ts';

const etc = fileURLToPath(new URL('./etc', import.meta.url));

/** The Node.js that runs this, its libraries, and what glibc reads to look up users and hosts. */
export async function baseContext(): Promise<Context> {
  const settings = (await readdir(etc)).map((name) => [`root/etc/${name}`, join(etc, name)]);
  return {
    'root/usr/local/bin/node': process.execPath,
    ...placed(await librariesOf(process.execPath)),
    ...Object.fromEntries(settings),
  };
}
