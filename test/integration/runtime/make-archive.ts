import { createHash } from 'node:crypto';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { Header } from 'tar';

export interface Entry {
  path: string;
  content?: string | Buffer;
  /** Target of a symbolic link. */
  link?: string;
  mode?: number;
  /** What the archive claims the size to be. */
  statedSize?: number;
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A .tar.gz file whose entries may be as hostile as a test wants. */
export function makeTarGz(entries: Entry[], type?: 'CharacterDevice' | 'Link'): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, content = '', link, mode = 0o644 } of entries) {
    const data = Buffer.from(content);
    const kind = link !== undefined ? 'SymbolicLink' : path.endsWith('/') ? 'Directory' : 'File';
    const header = new Header({ path, mode, size: data.length, type: type ?? kind, linkpath: link });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    blocks.push(block, data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const SYMBOLIC_LINK = 0o120000;
const REGULAR_FILE = 0o100000;

/** A .zip file, likewise. */
export function makeZip(entries: Entry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { path, content = '', link, mode = 0o644, statedSize } of entries) {
    const data = Buffer.from(link ?? content);
    const packed = deflateRawSync(data);
    const name = Buffer.from(path);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(statedSize ?? data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((link === undefined ? REGULAR_FILE : SYMBOLIC_LINK) | mode) * 65_536, 6);
    tail.writeUInt32LE(offset, 10);
    // Made by Unix, so that the mode counts.
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
