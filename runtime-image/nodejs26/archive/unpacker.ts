import { createWriteStream } from 'node:fs';
import { mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** An archive that is refused; the message says why. */
export class UnpackError extends Error {
  override readonly name = 'UnpackError';
}

/** Starts reading an entry. */
export type OpenContent = () => Readable | Promise<Readable>;

export interface UnpackLimits {
  maxUnpackedBytes: number;
  maxEntries: number;
}

/**
 * Writes an archive's entries below one directory. Symbolic links are made last, so that no file is ever written
 * through one, and only kept when they lead to something inside.
 */
export class Unpacker {
  readonly #root: string;
  readonly #limits: UnpackLimits;
  readonly #links = new Map<string, string>();
  #entries = 0;
  #bytes = 0;

  constructor(root: string, limits: UnpackLimits) {
    this.#root = root;
    this.#limits = limits;
  }

  /** @throws UnpackError when the path leaves the directory, or the archive has too many entries. */
  async addDirectory(name: string): Promise<void> {
    await mkdir(this.#place(name), { recursive: true });
  }

  /** @throws UnpackError also when the files together grow beyond the limit, whatever sizes the archive states. */
  async addFile(name: string, open: OpenContent, executable: boolean): Promise<void> {
    const path = this.#place(name);
    await mkdir(dirname(path), { recursive: true });
    const output = createWriteStream(path, { flags: 'wx', mode: executable ? 0o755 : 0o644 });
    // Opened only now: an error that comes before the pipeline would have no listener.
    await pipeline(await open(), (source: AsyncIterable<Buffer>) => this.#counted(source), output);
  }

  addLink(name: string, target: string): void {
    this.#links.set(this.#place(name), target);
  }

  /** Makes the links. Call once, after the last entry. */
  async finish(): Promise<void> {
    for (const [path, target] of this.#links) {
      await mkdir(dirname(path), { recursive: true });
      await symlink(target, path);
    }
    const root = await realpath(this.#root);
    for (const [path, target] of this.#links) await this.#checkLink(root, path, target);
  }

  async #checkLink(root: string, path: string, target: string): Promise<void> {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) return rm(path);
    if (isAbsolute(target) || !(real === root || real.startsWith(root + sep))) {
      throw new UnpackError(`the link ${path.slice(this.#root.length + 1)} leads out of the archive`);
    }
  }

  async *#counted(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      this.#bytes += chunk.length;
      if (this.#bytes > this.#limits.maxUnpackedBytes) {
        throw new UnpackError(`unpacks to more than ${this.#limits.maxUnpackedBytes} bytes`);
      }
      yield chunk;
    }
  }

  #place(name: string): string {
    if (++this.#entries > this.#limits.maxEntries) {
      throw new UnpackError(`has more than ${this.#limits.maxEntries} entries`);
    }
    const normal = posix.normalize(name.replaceAll('\\', '/'));
    if (normal.startsWith('/') || normal === '..' || normal.startsWith('../') || /^[A-Za-z]:/.test(normal)) {
      throw new UnpackError(`the entry ${JSON.stringify(name)} lies outside of the archive`);
    }
    return join(this.#root, normal);
  }
}
