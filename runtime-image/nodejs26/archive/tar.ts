import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { Parser, type ReadEntry } from 'tar';
import { UnpackError, type Unpacker } from './unpacker.ts';

const EXECUTABLE = 0o111;

/** Unpacks a gzipped tar file. @throws UnpackError for what is damaged or not allowed. */
export async function unpackTar(file: string, unpacker: Unpacker): Promise<void> {
  const input = createReadStream(file);
  let refusal: unknown;
  let work = Promise.resolve();
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = new Parser({
        strict: true,
        // The next entry comes only when this one is consumed, so the chain never holds more than one.
        onReadEntry: (entry) => {
          work = work.then(() => addEntry(entry, unpacker));
          work.catch((error) => {
            refusal ??= error;
            reject(error);
          });
        },
      });
      parser.on('end', resolve).on('error', reject);
      input.on('error', reject).pipe(parser as unknown as NodeJS.WritableStream);
    });
    await work;
  } catch (error) {
    throw refusal ?? new UnpackError(`is damaged: ${(error as Error).message}`);
  } finally {
    input.destroy();
  }
}

async function addEntry(entry: ReadEntry, unpacker: Unpacker): Promise<void> {
  switch (entry.type) {
    case 'File':
    case 'OldFile':
    case 'ContiguousFile': {
      const executable = ((entry.mode ?? 0) & EXECUTABLE) !== 0;
      const open = () => Readable.from(entry, { objectMode: false });
      return unpacker.addFile(entry.path, open, executable);
    }
    case 'Directory':
    case 'GNUDumpDir':
      entry.resume();
      return unpacker.addDirectory(entry.path);
    case 'SymbolicLink':
      entry.resume();
      return unpacker.addLink(entry.path, entry.linkpath ?? '');
    default:
      throw new UnpackError(`the entry ${entry.path} is a ${entry.type}, which is not supported`);
  }
}
