/** Reads containers' log files: the end of them, and what is added while they are followed. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { rotatedLogPath } from '../runtime/log-file.ts';
import { type LogOptions, parseLogLine, renderLine } from './lines.ts';

const CHUNK_BYTES = 64 * 1024;

/** The text of the last few KiB of a log, for a termination message. */
export function logTail(path: string, maxBytes = 8 * 1024): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, maxBytes));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    const lines = buffer.toString('utf8').split('\n');
    return lines.map((line) => parseLogLine(line)?.text ?? '').join('');
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Lets a follower wait for more. */
export interface LogFollow {
  /** Resolves when the log may have grown or its container ended; true when it ended. */
  next(): Promise<boolean>;
}

/** Pieces of a log as a reader wants it; ends at the end of the file, or of the container when followed. */
export async function* readLog(
  path: string,
  options: LogOptions,
  follow?: LogFollow,
): AsyncGenerator<string> {
  const source = new LogSource(path);
  try {
    await source.open();
    const wanted = (line: string) => {
      const parsed = parseLogLine(line, options);
      return parsed && renderLine(parsed, options.timestamps);
    };
    yield* tail(source.read(), wanted, options.tailLines);
    // The container may end between a look at the log and the next: read once more after the end.
    for (let ended = false; follow && !ended; ) {
      ended = await follow.next();
      for await (const line of source.read()) {
        const text = wanted(line);
        if (text) yield text;
      }
    }
  } finally {
    await source.close();
  }
}

async function* tail(
  lines: AsyncIterable<string>,
  wanted: (line: string) => string | undefined,
  count: number | undefined,
): AsyncGenerator<string> {
  const kept: string[] = [];
  for await (const line of lines) {
    const text = wanted(line);
    if (!text) continue;
    if (count === undefined) yield text;
    else {
      kept.push(text);
      if (kept.length > count * 2 + 16) kept.splice(0, kept.length - count);
    }
  }
  if (count !== undefined && count > 0) yield* kept.slice(-count);
}

/** Complete lines of a log in order, across its rotation. */
class LogSource {
  #path: string;
  #handle: FileHandle | undefined;
  #inode = 0;
  #position = 0;
  #rest = '';
  #decoder = new TextDecoder();
  #rotated: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<void> {
    this.#rotated = await open(rotatedLogPath(this.#path), 'r').catch(() => undefined);
    await this.#openCurrent();
  }

  /** What was added since the last call. */
  async *read(): AsyncGenerator<string> {
    if (this.#rotated) {
      const rotated = this.#rotated;
      // A rotation between the two opens makes both the same file.
      if ((await rotated.stat()).ino !== this.#inode) yield* this.#lines(rotated, 0);
      await rotated.close();
      this.#rotated = undefined;
    }
    if (!this.#handle) await this.#openCurrent();
    if (!this.#handle) return;
    yield* this.#drain(this.#handle);
    const current = await stat(this.#path).catch(() => undefined);
    if (!current || current.ino === this.#inode) return;
    yield* this.#drain(this.#handle);
    await this.#handle.close();
    this.#handle = undefined;
    await this.#openCurrent();
    if (this.#handle) yield* this.#drain(this.#handle);
  }

  async close(): Promise<void> {
    await Promise.all([this.#handle?.close(), this.#rotated?.close()]);
  }

  async #openCurrent(): Promise<void> {
    this.#handle = await open(this.#path, 'r').catch(() => undefined);
    this.#inode = this.#handle ? (await this.#handle.stat()).ino : 0;
    this.#position = 0;
  }

  async *#drain(handle: FileHandle): AsyncGenerator<string> {
    yield* this.#lines(handle, this.#position, (position) => {
      this.#position = position;
    });
  }

  async *#lines(
    handle: FileHandle,
    from: number,
    moved: (position: number) => void = () => {},
  ): AsyncGenerator<string> {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let position = from;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      moved(position);
      const lines = (
        this.#rest + this.#decoder.decode(buffer.subarray(0, bytesRead), { stream: true })
      ).split('\n');
      this.#rest = lines.pop() ?? '';
      yield* lines;
    }
  }
}
