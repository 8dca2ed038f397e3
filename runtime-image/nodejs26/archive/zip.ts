import { text } from 'node:stream/consumers';
import { type Entry, openPromise } from 'yauzl';
import { type OpenContent, UnpackError, type Unpacker } from './unpacker.ts';

const TYPE_MASK = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const EXECUTABLE = 0o111;

/** @throws UnpackError for what is damaged, encrypted or not allowed. */
export async function unpackZip(file: string, unpacker: Unpacker): Promise<void> {
  // Names are checked by the unpacker, for both kinds of archive alike.
  const zip = await openPromise(file, { decodeStrings: true, validateEntrySizes: true });
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.isEncrypted()) throw new UnpackError(`the entry ${entry.fileName} is encrypted`);
      await addEntry(entry, () => zip.openReadStreamPromise(entry), unpacker);
    }
  } finally {
    zip.close();
  }
}

async function addEntry(entry: Entry, open: OpenContent, unpacker: Unpacker): Promise<void> {
  const mode = entry.externalFileAttributes >>> 16;
  if (entry.fileName.endsWith('/')) await unpacker.addDirectory(entry.fileName);
  else if ((mode & TYPE_MASK) === SYMBOLIC_LINK) await addLink(entry, open, unpacker);
  else await unpacker.addFile(entry.fileName, open, (mode & EXECUTABLE) !== 0);
}

const MAX_LINK_BYTES = 4096;

/** A zip file keeps a link's target as the content. */
async function addLink(entry: Entry, open: OpenContent, unpacker: Unpacker): Promise<void> {
  if (entry.uncompressedSize > MAX_LINK_BYTES)
    throw new UnpackError(`the link ${entry.fileName} is too long`);
  unpacker.addLink(entry.fileName, await text(await open()));
}
