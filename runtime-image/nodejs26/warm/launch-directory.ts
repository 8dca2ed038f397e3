import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LaunchSpec } from '../wire.ts';

/**
 * The directory that makes a pod one function's for good: it outlives the container, so a container that starts again
 * finds here whose pod it is. It is in memory, hence writing is quick, and synchronous: nothing else is to be done
 * meanwhile. Nothing is flushed to a disk either: what the machine forgets, it forgets together with the pod.
 */
export class LaunchDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws Error when it cannot be written to, which a claim should not be the first to find out. */
  check(): void {
    accessSync(this.path, constants.W_OK | constants.X_OK);
  }

  /** The launch spec that was kept, as it came; undefined in a pod that no function has claimed. */
  read(): Buffer | undefined {
    try {
      return readFileSync(this.#spec);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Whole or not at all: half of one would be neither a function nor a pod that can be claimed. */
  keep(spec: Buffer): void {
    const draft = `${this.#spec}.new`;
    writeFileSync(draft, spec, { mode: 0o600 });
    renameSync(draft, this.#spec);
  }

  /**
   * Writes the function's files anew. The paths must be checked, see paths.ts.
   * @returns their directory; undefined for a function that comes as an archive.
   */
  writeFiles({ files, binaryFiles }: LaunchSpec): string | undefined {
    if (!files && !binaryFiles) return undefined;
    const directory = join(this.path, 'function');
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
    for (const [path, text] of Object.entries(files ?? {})) write(join(directory, path), text);
    for (const [path, base64] of Object.entries(binaryFiles ?? {})) {
      write(join(directory, path), Buffer.from(base64, 'base64'));
    }
    return directory;
  }

  get #spec(): string {
    return join(this.path, 'launch.json');
  }
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  // As the files of a mounted ConfigMap, which cannot be written to either.
  writeFileSync(path, content, { flag: 'wx', mode: 0o444 });
}
