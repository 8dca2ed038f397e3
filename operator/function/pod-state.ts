/** What the pods of a function say about themselves: pure reading of pod status. */
import type { ContainerStateTerminated, ContainerStatus, Pod } from 'kubernetes-types/core/v1.js';
import { exitCodes, type TerminationMessage } from '#crds/wire/environment.ts';
import { FUNCTION_CONTAINER, labels } from '#crds/wire/names.ts';

export type PodState =
  /** Takes calls. */
  | { kind: 'ready' }
  /** On its way; `message` says what it waits for, when it is stuck before its container starts. */
  | { kind: 'starting'; message?: string }
  /** The runtime gave up because the code does not load. */
  | { kind: 'loadFailed'; message: string }
  /** The runtime gave up because a call blocked it beyond its timeout. */
  | { kind: 'blocked'; message: string }
  | { kind: 'imagePullFailed'; message: string }
  /** The container does not come up, for any other reason. */
  | { kind: 'startFailed'; message: string }
  /** Asked to stop, or ended for good; not a replica any more. */
  | { kind: 'leaving' };

/** Messages come from user code and images; conditions and events must stay readable. */
const MAX_MESSAGE_LENGTH = 900;

const imagePullReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
]);

/** A container that ran for this long did start. */
const SERVED_MS = 10_000;

/** Waiting reasons that mean work in progress rather than a failure. */
const progressReasons = new Set(['ContainerCreating', 'PodInitializing']);

/** The state of one pod. */
export function podState(pod: Pod): PodState {
  const phase = pod.status?.phase;
  if (pod.metadata?.deletionTimestamp || phase === 'Succeeded' || phase === 'Failed') {
    return { kind: 'leaving' };
  }
  const container = pod.status?.containerStatuses?.find(({ name }) => name === FUNCTION_CONTAINER);
  const ended = container?.state?.terminated ?? container?.lastState?.terminated;
  if (ended && wasBlocked(ended)) return { kind: 'blocked', message: terminationText(ended) };
  if (conditionStatus(pod, 'Ready') === 'True') return { kind: 'ready' };
  if (ended?.exitCode === exitCodes.loadFailed)
    return { kind: 'loadFailed', message: terminationText(ended) };
  return (container && failureOf(container, ended)) ?? { kind: 'starting', message: unschedulable(pod) };
}

export function podRevision(pod: Pod): string | undefined {
  return pod.metadata?.labels?.[labels.revision];
}

function failureOf(
  container: ContainerStatus,
  ended: ContainerStateTerminated | undefined,
): PodState | undefined {
  const waiting = container.state?.waiting;
  if (waiting?.reason && imagePullReasons.has(waiting.reason)) {
    return {
      kind: 'imagePullFailed',
      message: clip(`${waiting.reason}: ${waiting.message ?? container.image}`),
    };
  }
  if (ended && (waiting?.reason === 'CrashLoopBackOff' || keepsDying(container, ended))) {
    return { kind: 'startFailed', message: terminationText(ended) };
  }
  if (waiting?.reason && !progressReasons.has(waiting.reason)) {
    return { kind: 'startFailed', message: clip(`${waiting.reason}: ${waiting.message ?? ''}`) };
  }
  return undefined;
}

/**
 * Between two starts of a container that keeps dying its state says "running", so its last end counts; but
 * one crash, or one after it served for a while, says nothing about how it starts.
 */
function keepsDying(container: ContainerStatus, ended: ContainerStateTerminated): boolean {
  const ranMs = Date.parse(String(ended.finishedAt ?? '')) - Date.parse(String(ended.startedAt ?? ''));
  return container.restartCount > 1 && !(ranMs >= SERVED_MS);
}

/** A runtime stuck in a system call cannot exit by itself: it says why, and is killed. */
function wasBlocked(ended: ContainerStateTerminated): boolean {
  return ended.exitCode === exitCodes.blocked || parseTerminationMessage(ended.message)?.reason === 'Blocked';
}

function unschedulable(pod: Pod): string | undefined {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.message ? clip(scheduled.message) : undefined;
}

function conditionStatus(pod: Pod, type: string): string | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type)?.status;
}

/** What a container said as it ended: the runtime's own message, or what Kubernetes knows. */
function terminationText(ended: ContainerStateTerminated): string {
  const own = parseTerminationMessage(ended.message);
  if (own) {
    const place = own.file ? ` (${own.file}${own.line ? `:${own.line}` : ''})` : '';
    return clip(own.message) + place;
  }
  const said = ended.message?.trim();
  const how = `exited with code ${ended.exitCode}${ended.reason ? ` (${ended.reason})` : ''}`;
  return clip(said ? `${how}: ${said}` : how);
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

function clip(text: string): string {
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}
