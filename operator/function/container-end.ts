/** How a container ended, and what it said: pure reading of what the kubelet reports. */
import type { ContainerStateTerminated } from 'kubernetes-types/core/v1.js';
import { exitCodes } from '#crds/wire/environment.ts';
import { MAX_MESSAGE_LENGTH, parseTerminationMessage, runtimeWords } from '#crds/wire/termination.ts';

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
  const own = runtimeWords(ended.message);
  if (own) return own;
  const said = lastOf(ended.message?.trim() ?? '');
  const how = `exited with code ${ended.exitCode}${ended.reason ? ` (${ended.reason})` : ''}`;
  return said ? `${how}: ${said}` : how;
}

/** Of a log, the end says why. */
function lastOf(text: string): string {
  return text.length <= MAX_MESSAGE_LENGTH ? text : `…${text.slice(1 - MAX_MESSAGE_LENGTH)}`;
}
