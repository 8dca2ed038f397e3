/** How a container ended, and what it said: pure reading of what the kubelet reports. */
import type { ContainerStateTerminated } from 'kubernetes-types/core/v1.js';
import { exitCodes, type TerminationMessage } from '#crds/wire/environment.ts';

/** Messages come from user code and images; conditions and events must stay readable. */
const MAX_MESSAGE_LENGTH = 900;

/** What ran out of memory: the container, which the kernel ended, or the JavaScript heap in it. */
export type MemoryEnd = 'container' | 'heap';

/**
 * abort(), and what is left of it for the first process of a container, which the kernel spares the
 * signal.
 */
const abortCodes = new Set([134, 139]);
/** Node's last words, which get here when the log stands in for a termination message. */
const heapIsFull = /JavaScript heap out of memory|Reached heap limit|OOMErrorHandler/;

/** A runtime stuck in a system call cannot exit by itself: it says why, and is killed. */
export function wasBlocked(ended: ContainerStateTerminated): boolean {
  return ended.exitCode === exitCodes.blocked || parseTerminationMessage(ended.message)?.reason === 'Blocked';
}

/** Undefined when it ended for another reason. */
export function memoryEnd(ended: ContainerStateTerminated): MemoryEnd | undefined {
  if (ended.reason === 'OOMKilled') return 'container';
  const aborted = abortCodes.has(ended.exitCode) && heapIsFull.test(ended.message ?? '');
  return aborted ? 'heap' : undefined;
}

/** What a container said as it ended: the runtime's own message, or what Kubernetes knows. */
export function terminationText(ended: ContainerStateTerminated): string {
  const own = parseTerminationMessage(ended.message);
  if (own) {
    const place = own.file ? ` (${own.file}${own.line ? `:${own.line}` : ''})` : '';
    return clip(own.message) + place;
  }
  const said = lastOf(ended.message?.trim() ?? '');
  const how = `exited with code ${ended.exitCode}${ended.reason ? ` (${ended.reason})` : ''}`;
  return said ? `${how}: ${said}` : how;
}

/** The runtime's termination message, or undefined if this is something else (foreign images write freely). */
export function parseTerminationMessage(text: string | undefined): TerminationMessage | undefined {
  if (!text?.startsWith('{')) return undefined;
  try {
    const { reason, message, file, line } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if ((reason !== 'LoadFailed' && reason !== 'Blocked') || typeof message !== 'string') return undefined;
    return {
      reason,
      message,
      ...(typeof file === 'string' ? { file: file.slice(0, 256) } : {}),
      ...(Number.isSafeInteger(line) ? { line: line as number } : {}),
    };
  } catch {
    return undefined;
  }
}

/** The beginning of a text that is too long for a condition or an event. */
export function clip(text: string): string {
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}

/** Of a log, the end says why. */
function lastOf(text: string): string {
  return text.length <= MAX_MESSAGE_LENGTH ? text : `…${text.slice(1 - MAX_MESSAGE_LENGTH)}`;
}
