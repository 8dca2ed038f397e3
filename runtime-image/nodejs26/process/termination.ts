import { existsSync, writeFileSync } from 'node:fs';
import type { TerminationMessage } from '../wire.ts';

/** Kubernetes keeps no more of a container's termination message. */
const MAX_BYTES = 4096;
const DEFAULT_PATH = '/dev/termination-log';

/**
 * Leaves the reason why the process ends where the platform reads it: `$CATNAP_TERMINATION_LOG`, or the file that
 * Kubernetes puts into each container. Never throws, since it runs when all else has failed.
 */
export function writeTerminationMessage(message: TerminationMessage, path = terminationPath()): void {
  if (!path) return;
  try {
    writeFileSync(path, formatTerminationMessage(message));
  } catch {
    // The exit code still tells; the log has the message as well.
  }
}

/** The file that takes the message; undefined outside a cluster, where nobody made one. */
export function terminationPath(): string | undefined {
  return process.env.CATNAP_TERMINATION_LOG || (existsSync(DEFAULT_PATH) ? DEFAULT_PATH : undefined);
}

/** JSON of at most 4096 bytes. */
export function formatTerminationMessage(message: TerminationMessage): string {
  return JSON.stringify(fitTerminationMessage(message));
}

/** What is kept of it: the message gives way where all of it together would be too long. */
export function fitTerminationMessage(whole: TerminationMessage): TerminationMessage {
  let keep = Math.min(whole.message.length, MAX_BYTES);
  for (;;) {
    const fit = { ...whole, message: shorten(whole.message, keep) };
    if (Buffer.byteLength(JSON.stringify(fit)) <= MAX_BYTES || keep === 0) return fit;
    keep = Math.floor(keep * 0.75);
  }
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
