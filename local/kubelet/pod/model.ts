/** What the kubelet knows about a pod's containers, beside the API objects. */
import type { Container, Pod } from 'kubernetes-types/core/v1.js';
import type { Backoff } from '../backoff.ts';

/** `sidecar`: an init container with restartPolicy Always, which runs beside the main ones. */
export type ContainerRole = 'init' | 'sidecar' | 'main';

export interface Termination {
  exitCode: number;
  /** Number of the signal that ended the process. */
  signal?: number;
  reason: string;
  message?: string;
  startedAtMs?: number;
  finishedAtMs: number;
  containerId?: string;
}

export interface RunningState {
  kind: 'running';
  id: string;
  pid: number;
  startedAtMs: number;
}

export type ContainerPhase =
  | { kind: 'waiting'; reason: string; message?: string }
  | { kind: 'starting' }
  | RunningState
  | { kind: 'exited'; termination: Termination };

export interface ContainerModel {
  readonly name: string;
  readonly role: ContainerRole;
  readonly spec: Container;
  state: ContainerPhase;
  /** Why an ended or waiting container does not start yet. */
  hold?: { reason: string; message?: string };
  /** Runs so far, less one. */
  restartCount: number;
  /** A run was begun at least once. */
  everStarted: boolean;
  lastTermination?: Termination;
  /** Present when the last start was a restart. */
  backoff?: Backoff;
  /** After a start that failed for its configuration or image: when to try again. */
  retryAtMs?: number;
  imageBackoff?: Backoff;
  /** The startup probe, if any, succeeded. */
  started: boolean;
  ready: boolean;
}

export interface PodModel {
  containers: ContainerModel[];
  /** All init containers are done; stays true. */
  initialized: boolean;
  /** Volumes and address are there. */
  prepared: boolean;
  podIp?: string;
  startedAtMs: number;
  terminating: boolean;
  /** The end that was decided, with its reason for the status. */
  outcome?: { phase: 'Succeeded' | 'Failed'; reason?: string; message?: string };
}

export function isLive(container: ContainerModel): boolean {
  return container.state.kind === 'running' || container.state.kind === 'starting';
}

export function exitOf(container: ContainerModel): Termination | undefined {
  return container.state.kind === 'exited' ? container.state.termination : undefined;
}

/** A source changed: what failed for its configuration may start. It cannot make an unknown image known. */
export function forgetConfigRetry(container: ContainerModel): void {
  if (container.state.kind === 'waiting' && container.state.reason === 'ErrImagePull') return;
  container.retryAtMs = undefined;
}

/** A pod that was never seen, or one that an earlier kubelet ran and that has to start again. */
export function newPodModel(pod: Pod, nowMs: number): PodModel {
  const statuses = new Map(
    [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].map((status) => [
      status.name,
      status,
    ]),
  );
  const model = (spec: Container, role: ContainerRole): ContainerModel => {
    const container: ContainerModel = {
      name: spec.name,
      role,
      spec,
      state: {
        kind: 'waiting',
        reason: role === 'main' && hasInit ? 'PodInitializing' : 'ContainerCreating',
      },
      restartCount: 0,
      everStarted: false,
      started: false,
      ready: false,
    };
    return continueFrom(container, statuses.get(spec.name), nowMs);
  };
  const inits = pod.spec?.initContainers ?? [];
  const hasInit = inits.length > 0;
  return {
    containers: [
      ...inits.map((spec) => model(spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init')),
      ...(pod.spec?.containers ?? []).map((spec) => model(spec, 'main')),
    ],
    initialized: !hasInit,
    prepared: false,
    startedAtMs: pod.status?.startTime ? Date.parse(pod.status.startTime) : nowMs,
    terminating: false,
  };
}

type ApiStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

/** Takes up where the status ends: a container that ran then is one that was lost. */
function continueFrom(
  container: ContainerModel,
  status: ApiStatus | undefined,
  nowMs: number,
): ContainerModel {
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  const running = status?.state?.running;
  if (!status || (!ended && !running)) return container;
  container.restartCount = status.restartCount;
  container.everStarted = true;
  const termination: Termination =
    running || !ended
      ? {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message: 'The node stopped while the container ran.',
          startedAtMs: running?.startedAt ? Date.parse(running.startedAt) : undefined,
          finishedAtMs: nowMs,
          containerId: status.containerID,
        }
      : {
          exitCode: ended.exitCode,
          signal: ended.signal,
          reason: ended.reason ?? 'Error',
          message: ended.message,
          startedAtMs: ended.startedAt ? Date.parse(ended.startedAt) : undefined,
          finishedAtMs: ended.finishedAt ? Date.parse(ended.finishedAt) : nowMs,
          containerId: ended.containerID,
        };
  container.state = { kind: 'exited', termination };
  return container;
}
