import { AsyncLocalStorage } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import type { Call } from './http/call.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Longest line in bytes. Container runtimes split at 16 KiB, which would break the JSON. */
export const MAX_LINE_BYTES = 16_000;

/** The call that the running code belongs to. */
export const currentCall = new AsyncLocalStorage<Call>();

let functionKey: string | undefined;

/** Names the function (`namespace/name`) in every later line. */
export function setLogFunction(key: string): void {
  functionKey = key;
}

/** Writes one line of JSON to standard output. Synchronous, so that nothing is lost when the process ends. */
export function log(level: Level, msg: string, fields?: LogFields): void {
  const requestId = currentCall.getStore()?.requestId;
  writeLine(
    formatLine({ level, time: new Date().toISOString(), msg, function: functionKey, requestId }, fields),
  );
}

export interface LogRecord {
  level: Level;
  time: string;
  msg: string;
  function: string | undefined;
  requestId: string | undefined;
}

/** The line for a record, at most {@link MAX_LINE_BYTES} long; the record's own keys win over `fields`. */
export function formatLine(record: LogRecord, fields?: LogFields): string {
  const line = stringify({ ...fields, ...record });
  if (line.length * 3 <= MAX_LINE_BYTES || Buffer.byteLength(line) <= MAX_LINE_BYTES) return line;
  const rest = fields && Buffer.byteLength(stringify(fields)) < MAX_LINE_BYTES / 4 ? fields : undefined;
  let keep = Math.min(record.msg.length, MAX_LINE_BYTES);
  for (;;) {
    const msg = record.msg.slice(0, keep);
    const shortened = stringify({ ...rest, ...record, msg, truncated: true });
    if (keep === 0 || Buffer.byteLength(shortened) <= MAX_LINE_BYTES) return shortened;
    keep = keep >> 1;
  }
}

function stringify(record: LogFields): string {
  try {
    return JSON.stringify(record, replacer);
  } catch {
    // A cycle or a throwing toJSON in a caller's field must not lose the line.
    return JSON.stringify({
      level: record.level,
      time: record.time,
      msg: record.msg,
      fields: 'not serialisable',
    });
  }
}

function replacer(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? String(value);
  return typeof value === 'bigint' ? String(value) : value;
}

function writeLine(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  let offset = 0;
  let stalls = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(1, bytes, offset);
    } catch (error) {
      // A full pipe that someone made non-blocking; any other fault means nobody reads the log.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || ++stalls > 1000) return;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));
