/** What the pods of a function say about themselves: pure reading of pod status. */
import type { ContainerStateTerminated, ContainerStatus, Pod } from 'kubernetes-types/core/v1.js';
import { exitCodes } from '#crds/wire/environment.ts';
import { FUNCTION_CONTAINER, labels } from '#crds/wire/names.ts';
import { type MemoryEnd, memoryEnd, terminationText, wasBlocked } from './container-end.ts';
import { imageText, unschedulableText, waitingText } from './start-failure.ts';

export type PodState =
  /** Takes calls. */
  | { kind: 'ready' }
  /** On its way. */
  | { kind: 'starting' }
  /** No node takes it. */
  | { kind: 'unschedulable'; message: string }
  /** The runtime gave up because the code does not load. */
  | { kind: 'loadFailed'; message: string }
  /** The runtime gave up because a call blocked it beyond its timeout. */
  | { kind: 'blocked'; message: string }
  /** Ended for lack of memory, and not ready again; `heldBack` while Kubernetes delays the next start. */
  | { kind: 'outOfMemory'; what: MemoryEnd; heldBack: boolean }
  | { kind: 'imagePullFailed'; message: string }
  /** The container does not come up, for any other reason. */
  | { kind: 'startFailed'; message: string }
  /** Asked to stop, or ended for good; not a replica any more. */
  | { kind: 'leaving' };

const imagePullReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
]);

/** A container that ran for this long did start. */
const SERVED_MS = 10_000;

/** Waiting reasons that say nothing about why: progress, or the pause after an end. */
const bareReasons = new Set(['ContainerCreating', 'PodInitializing', 'CrashLoopBackOff']);

/** The state of one pod. */
export function podState(pod: Pod): PodState {
  const phase = pod.status?.phase;
  if (pod.metadata?.deletionTimestamp || phase === 'Succeeded' || phase === 'Failed') {
    return { kind: 'leaving' };
  }
  const container = functionContainer(pod);
  const ended = container && lastEnd(container);
  if (ended && wasBlocked(ended)) return { kind: 'blocked', message: terminationText(ended) };
  if (condition(pod, 'Ready')?.status === 'True') return { kind: 'ready' };
  if (ended?.exitCode === exitCodes.loadFailed) {
    return { kind: 'loadFailed', message: terminationText(ended) };
  }
  return (container && failureOf(container, ended)) ?? unscheduled(pod) ?? { kind: 'starting' };
}

export function podRevision(pod: Pod): string | undefined {
  return pod.metadata?.labels?.[labels.revision];
}

/** The status of the container that runs the function, among those that others may have added. */
export function functionContainer(pod: Pod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === FUNCTION_CONTAINER);
}

/** How the container ended last, if it ever did. */
export function lastEnd(container: ContainerStatus): ContainerStateTerminated | undefined {
  return container.state?.terminated ?? container.lastState?.terminated;
}

function failureOf(
  container: ContainerStatus,
  ended: ContainerStateTerminated | undefined,
): PodState | undefined {
  const { reason, message } = container.state?.waiting ?? {};
  if (reason && imagePullReasons.has(reason)) {
    return { kind: 'imagePullFailed', message: imageText(reason, message, container.image) };
  }
  if (reason && !bareReasons.has(reason)) {
    return { kind: 'startFailed', message: waitingText(reason, message) };
  }
  if (!ended) return undefined;
  const what = memoryEnd(ended);
  const heldBack = reason === 'CrashLoopBackOff';
  if (what) return { kind: 'outOfMemory', what, heldBack };
  const failed = heldBack || keepsDying(container, ended);
  return failed ? { kind: 'startFailed', message: terminationText(ended) } : undefined;
}

/**
 * Between two starts of a container that keeps dying its state says "running", so its last end counts; but
 * one crash, or one after it served for a while, says nothing about how it starts.
 */
function keepsDying(container: ContainerStatus, ended: ContainerStateTerminated): boolean {
  const ranMs = Date.parse(String(ended.finishedAt ?? '')) - Date.parse(String(ended.startedAt ?? ''));
  return container.restartCount > 1 && !(ranMs >= SERVED_MS);
}

function unscheduled(pod: Pod): PodState | undefined {
  const scheduled = condition(pod, 'PodScheduled');
  // Held back on purpose, not for want of a node.
  if (scheduled?.reason === 'SchedulingGated') return undefined;
  if (scheduled?.status !== 'False' || !scheduled.message) return undefined;
  return { kind: 'unschedulable', message: unschedulableText(scheduled.message) };
}

function condition(pod: Pod, type: string) {
  return pod.status?.conditions?.find((candidate) => candidate.type === type);
}
