/** What the end of a container's process means. */
import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import type { Container } from 'kubernetes-types/core/v1.js';
import type { ProcessExit } from '../runtime/runtime.ts';
import type { Termination } from './model.ts';

const MAX_MESSAGE_BYTES = 4096;
/** Of the log, when it stands in for a message: 80 lines or 2 KiB, whichever is less. */
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

export function describeExit(
  exit: ProcessExit,
  run: { id: string; startedAtMs: number; message?: string },
): Termination {
  const signal = exit.signal ? constants.signals[exit.signal as NodeJS.Signals] : undefined;
  const exitCode = exit.exitCode ?? 128 + (signal ?? 0);
  return {
    exitCode,
    signal,
    reason: exit.outOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
    message: run.message || undefined,
    startedAtMs: run.startedAtMs,
    finishedAtMs: exit.finishedAtMs,
    containerId: `catnap://${run.id}`,
  };
}

/** The container's own words, or by policy the end of its log after a failure. */
export function terminationMessage(
  container: Container,
  failed: boolean,
  read: { file(): string; logTail(): string },
): string {
  const own = read.file();
  if (own !== '' || !failed || container.terminationMessagePolicy !== 'FallbackToLogsOnError') return own;
  const lines = read.logTail().split('\n').slice(-MAX_LOG_LINES).join('\n');
  return lines.slice(-MAX_LOG_BYTES);
}

/** At most 4096 bytes of the file, empty when there is none. */
export function readMessageFile(path: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const buffer = Buffer.alloc(MAX_MESSAGE_BYTES);
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, MAX_MESSAGE_BYTES, 0));
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
