import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { PAUSE_IMAGE } from '../config/containerd.ts';
import { cachedBinary } from '../setup/binaries.ts';
import { writeImageArchive } from './archive.ts';
import { ctr } from './ctr.ts';

const IMPORT_MS = 5 * 60_000;

/** Makes the images of an archive file known to the containerds behind these sockets. */
export async function importImages(archive: string, sockets: string[]): Promise<void> {
  if (!existsSync(archive)) throw new Error(`image archive ${archive} does not exist`);
  const args = ['images', 'import', archive];
  await Promise.all(sockets.map((socket) => ctr(socket, args, { timeoutMs: IMPORT_MS })));
}

/** The image of pods' first process; made once and kept beside its program. */
export async function pauseArchive(): Promise<string> {
  const program = cachedBinary('pause');
  const archive = `${program}.tar`;
  if (existsSync(archive)) return archive;
  const temporary = `${archive}.${process.pid}`;
  try {
    await writeImageArchive(temporary, {
      name: PAUSE_IMAGE,
      files: { pause: program },
      entrypoint: ['/pause'],
      user: '65535:65535',
    });
    await rename(temporary, archive);
  } finally {
    await rm(temporary, { force: true });
  }
  return archive;
}
