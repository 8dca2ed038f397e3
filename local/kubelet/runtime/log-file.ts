/** Writes a container's output as CRI log lines: `TIMESTAMP stdout|stderr F|P TEXT`. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Longer lines are cut into partial entries, as container runtimes do. */
const MAX_LINE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

export type StreamName = 'stdout' | 'stderr';

export interface LogFile {
  write(stream: StreamName, chunk: Buffer): void;
  /** Flushes unfinished lines and closes the file. */
  close(): void;
}

/** The file that a full log was moved to. */
export function rotatedLogPath(path: string): string {
  return `${path}.1`;
}

/** Opens a log that holds at most twice `maxBytes`: the present file and one rotated one. */
export function openLogFile(path: string, maxBytes: number, now: () => Date = () => new Date()): LogFile {
  let descriptor = openSync(path, 'a', 0o600);
  let size = fstatSync(descriptor).size;
  const pending: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] };

  const append = (text: Buffer) => {
    try {
      if (size > 0 && size + text.length > maxBytes) rotate();
      writeSync(descriptor, text);
      size += text.length;
    } catch {
      // A full disk must not end the container that logs.
    }
  };
  const rotate = () => {
    closeSync(descriptor);
    renameSync(path, rotatedLogPath(path));
    descriptor = openSync(path, 'a', 0o600);
    size = 0;
  };

  return {
    write(stream, chunk) {
      const { lines, rest } = splitLines(pending[stream], chunk);
      pending[stream] = rest;
      if (lines.length > 0) append(formatLines(stream, lines, now()));
    },
    close() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const rest = Buffer.concat(pending[stream]);
        if (rest.length > 0) append(formatLines(stream, [{ text: rest, partial: false }], now()));
        pending[stream] = [];
      }
      closeSync(descriptor);
    },
  };
}

interface Line {
  text: Buffer;
  partial: boolean;
}

/** Cuts what came before and the new chunk into lines; what has no line end yet is the rest. */
export function splitLines(before: readonly Buffer[], chunk: Buffer): { lines: Line[]; rest: Buffer[] } {
  const data = before.length > 0 ? Buffer.concat([...before, chunk]) : chunk;
  const lines: Line[] = [];
  let from = 0;
  while (from < data.length) {
    const end = data.indexOf(NEWLINE, from);
    const length = (end === -1 ? data.length : end) - from;
    if (length > MAX_LINE_BYTES) {
      lines.push({ text: data.subarray(from, from + MAX_LINE_BYTES), partial: true });
      from += MAX_LINE_BYTES;
    } else if (end === -1) {
      break;
    } else {
      lines.push({ text: data.subarray(from, end), partial: false });
      from = end + 1;
    }
  }
  // Copied: a slice would keep the whole chunk in memory for as long as the line is unfinished.
  return { lines, rest: from < data.length ? [Buffer.from(data.subarray(from))] : [] };
}

function formatLines(stream: StreamName, lines: readonly Line[], at: Date): Buffer {
  const stamp = at.toISOString().replace('Z', '000000Z');
  const parts: Buffer[] = [];
  for (const { text, partial } of lines) {
    parts.push(Buffer.from(`${stamp} ${stream} ${partial ? 'P' : 'F'} `), text, Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}
