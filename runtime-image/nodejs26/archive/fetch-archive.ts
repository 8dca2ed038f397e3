import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download } from './download.ts';
import { unpackTar } from './tar.ts';
import { UnpackError, Unpacker } from './unpacker.ts';
import { unpackZip } from './zip.ts';

export interface ArchiveLimits {
  /** Bytes as downloaded. */
  maxBytes: number;
  /** Bytes of all files together. */
  maxUnpackedBytes: number;
  maxEntries: number;
  /** For the whole download. */
  timeoutMs: number;
  maxRedirects: number;
}

export const archiveLimits: ArchiveLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxUnpackedBytes: 512 * 1024 * 1024,
  maxEntries: 20_000,
  timeoutMs: 60_000,
  maxRedirects: 5,
};

/**
 * Downloads an archive, checks its SHA-256 and unpacks it into a new directory under the system's temporary one.
 * @returns the directory.
 * @throws UnpackError; its message names the URL without credentials and query.
 */
export async function fetchArchive(url: string, sha256: string, limits = archiveLimits): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-function-'));
  const file = `${directory}.archive`;
  try {
    await fetchVerified(url, sha256, file, limits);
    await unpack(file, new Unpacker(directory, limits));
    return directory;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw new UnpackError(`archive ${publicUrl(url)}: ${describe(error)}`, { cause: error });
  } finally {
    await rm(file, { force: true });
  }
}

async function fetchVerified(
  url: string,
  sha256: string,
  file: string,
  limits: ArchiveLimits,
): Promise<void> {
  const hash = createHash('sha256');
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  try {
    for await (const chunk of download(url, limits)) {
      hash.update(chunk);
      if (!output.write(chunk))
        await new Promise((resolve) => output.once('drain', resolve).once('close', resolve));
    }
  } finally {
    await new Promise((resolve) => output.once('close', resolve).end());
  }
  if (output.errored) throw output.errored;
  const actual = hash.digest('hex');
  if (actual !== sha256)
    throw new UnpackError(`its sha256 is ${actual}, but the function asks for ${sha256}`);
}

/** By the first bytes rather than by the name: URLs of object stores often have none. */
async function unpack(file: string, unpacker: Unpacker): Promise<void> {
  const handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  await handle.close();
  if (buffer.toString('latin1') === 'PK\x03\x04') await unpackZip(file, unpacker);
  else if (buffer[0] === 0x1f && buffer[1] === 0x8b) await unpackTar(file, unpacker);
  else throw new UnpackError('is neither a .zip nor a .tar.gz file');
  await unpacker.finish();
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message || error.cause.name})` : '';
  return error.message + cause;
}

function publicUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
