import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from './paths.ts';

export interface BuiltImage {
  /** As pods name it. */
  name: string;
  /** File in the OCI archive format, which carries the name with registry and library. */
  archive: string;
  /** Unpacked, as on a node's disk. */
  bytes: number;
  /** Of the manifest: `sha256:…`. */
  digest: string;
}

/** The name as the kubelet completes it, so that it finds the image. */
export const qualified = (name: string) => `docker.io/library/${name}`;

const fileOf = (name: string, extension: string) =>
  join(cacheDirectory, `${name.replace(':', '_')}.${extension}`);

/** The image that was made of these inputs, if it is still there. */
export async function cachedImage(name: string, inputs: string): Promise<BuiltImage | undefined> {
  const archive = fileOf(name, 'tar');
  const text = await readFile(fileOf(name, 'json'), 'utf8').catch(() => undefined);
  if (text === undefined || !existsSync(archive)) return undefined;
  const { inputs: madeOf, bytes, digest } = JSON.parse(text);
  return madeOf === inputs ? { name, archive, bytes, digest } : undefined;
}

/** Takes an archive into the cache in place of the one that had its name. */
export async function keepImage(
  name: string,
  inputs: string,
  made: { archive: string; bytes: number; digest: string },
): Promise<BuiltImage> {
  const { bytes, digest } = made;
  const archive = fileOf(name, 'tar');
  const record = `${made.archive}.json`;
  await writeFile(record, JSON.stringify({ inputs, bytes, digest }));
  // The archive first: a record never describes an older one.
  await rename(made.archive, archive);
  await rename(record, fileOf(name, 'json'));
  return { name, archive, bytes, digest };
}
