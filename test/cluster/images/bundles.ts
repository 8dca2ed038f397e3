import { glob, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPart, parts } from '#runtime/build.ts';
import { hashInputs } from './context.ts';
import { inRepository } from './paths.ts';

/** All that bundles are made of; the lock file stands for the packages. */
const SOURCES = [
  '{crds,kube,operator,gateway,runtime-image}/**/*.{ts,json}',
  'package{,-lock}.json',
  'LICENSE',
];

/** Bundles each part of the product, unless its sources are those of the last time. @returns a directory per part. */
export async function bundles(cache: string): Promise<string> {
  const cwd = inRepository('.');
  const files = await Array.fromAsync(glob(SOURCES, { cwd, exclude: ['**/*.test.ts'] }));
  const sources = Object.fromEntries(files.map((file) => [file, join(cwd, file)]));
  const name = `bundles-${(await hashInputs(sources, [process.version])).slice(0, 16)}`;
  const present = await readdir(cache).catch((): string[] => []);
  if (!present.includes(name)) await make(cache, name, present);
  return join(cache, name);
}

async function make(cache: string, name: string, present: readonly string[]): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'new-bundles-'));
  try {
    for (const part of parts) {
      await mkdir(join(work, part));
      await buildPart(part, join(work, part));
    }
    // Renamed into place whole; whoever was quicker made the same.
    await rename(work, join(cache, name)).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const older = present.filter((entry) => entry.startsWith('bundles-'));
  await Promise.all(older.map((entry) => rm(join(cache, entry), { recursive: true, force: true })));
}
