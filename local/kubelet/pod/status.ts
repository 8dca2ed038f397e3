/** The PodStatus that describes a pod's model. */
import type {
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from 'kubernetes-types/core/v1.js';
import { kubeTime } from '#kube/clock.ts';
import { type ContainerModel, exitOf, isLive, type PodModel, type Termination } from './model.ts';
import { type RestartPolicy, restarts } from './plan.ts';

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/**
 * @param before the status whose transition times and foreign conditions are kept
 */
export function buildPodStatus(
  pod: Pod,
  model: PodModel,
  before: PodStatus | undefined,
  node: { hostIp: string; nowMs: number },
): PodStatus {
  const phase = podPhase(model, (pod.spec?.restartPolicy ?? 'Always') as RestartPolicy);
  const statusOf = (container: ContainerModel) => containerStatus(container);
  const inits = model.containers.filter((container) => container.role !== 'main');
  return {
    phase,
    ...(model.outcome?.reason ? { reason: model.outcome.reason } : {}),
    ...(model.outcome?.message ? { message: model.outcome.message } : {}),
    hostIP: node.hostIp,
    hostIPs: [{ ip: node.hostIp }],
    ...(model.podIp ? { podIP: model.podIp, podIPs: [{ ip: model.podIp }] } : {}),
    startTime: kubeTime(model.startedAtMs),
    conditions: buildConditions(pod, model, phase, before?.conditions ?? [], kubeTime(node.nowMs)),
    ...(inits.length > 0 ? { initContainerStatuses: inits.map(statusOf) } : {}),
    containerStatuses: model.containers.filter((one) => one.role === 'main').map(statusOf),
  };
}

/** The phase, by the rules that the documentation of the pod lifecycle gives. */
export function podPhase(model: PodModel, policy: RestartPolicy): Phase {
  if (model.outcome) return model.outcome.phase;
  if (!model.initialized) return 'Pending';
  const mains = model.containers.filter((container) => container.role === 'main');
  const begun = mains.filter((container) => container.everStarted || isLive(container));
  if (begun.length < mains.length || mains.some((one) => one.state.kind === 'starting' && !one.everStarted)) {
    return 'Pending';
  }
  const exits = mains.map(exitOf);
  if (exits.every((exit) => exit && !restarts(policy, exit.exitCode))) {
    return exits.every((exit) => exit?.exitCode === 0) ? 'Succeeded' : 'Failed';
  }
  return 'Running';
}

function containerStatus(container: ContainerModel): ContainerStatus {
  const { state, spec } = container;
  // A container that waits for its restart shows how it ended as its last state.
  const previous = container.hold && state.kind === 'exited' ? state.termination : container.lastTermination;
  const containerID = idOf(container);
  return {
    name: container.name,
    image: spec.image ?? '',
    imageID: container.everStarted ? (spec.image ?? '') : '',
    ...(containerID ? { containerID } : {}),
    ready: isReady(container),
    started: container.role === 'init' ? state.kind === 'running' : container.started,
    restartCount: container.restartCount,
    state: apiState(container),
    lastState: previous ? { terminated: terminated(previous) } : {},
  };
}

function isReady(container: ContainerModel): boolean {
  return container.role === 'init' ? exitOf(container)?.exitCode === 0 : container.ready;
}

function idOf({ state, lastTermination }: ContainerModel): string | undefined {
  if (state.kind === 'running') return `catnap://${state.id}`;
  if (state.kind === 'exited') return state.termination.containerId;
  return lastTermination?.containerId;
}

function apiState({ state, hold }: ContainerModel): ContainerState {
  if (hold && (state.kind === 'exited' || state.kind === 'waiting')) return { waiting: hold };
  switch (state.kind) {
    case 'running':
      return { running: { startedAt: kubeTime(state.startedAtMs) } };
    case 'exited':
      return { terminated: terminated(state.termination) };
    case 'starting':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'waiting':
      return { waiting: { reason: state.reason, ...(state.message ? { message: state.message } : {}) } };
  }
}

function terminated(end: Termination): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: end.exitCode,
    ...(end.signal ? { signal: end.signal } : {}),
    reason: end.reason,
    ...(end.message ? { message: end.message } : {}),
    ...(end.startedAtMs ? { startedAt: kubeTime(end.startedAtMs) } : {}),
    finishedAt: kubeTime(end.finishedAtMs),
    ...(end.containerId ? { containerID: end.containerId } : {}),
  };
}

type Verdict = { status: 'True' | 'False'; reason?: string; message?: string };
const yes: Verdict = { status: 'True' };
const OWN_CONDITIONS = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];

function buildConditions(
  pod: Pod,
  model: PodModel,
  phase: Phase,
  before: readonly PodCondition[],
  now: string,
): PodCondition[] {
  const ended = endedVerdict(phase);
  const containersReady = ended ?? containersVerdict(model);
  const ready = containersReady.status === 'True' ? gatesVerdict(pod) : containersReady;
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: model.prepared && !ended ? 'True' : 'False' },
    Initialized: phase === 'Succeeded' ? { status: 'True', reason: 'PodCompleted' } : initVerdict(model),
    Ready: ready,
    ContainersReady: containersReady,
    PodScheduled: yes,
  };
  const foreign = (pod.status?.conditions ?? []).filter(({ type }) => !OWN_CONDITIONS.includes(type));
  return [
    ...Object.entries(verdicts).map(([type, verdict]) => transition(type, verdict, before, now)),
    ...foreign,
  ];
}

function transition(
  type: string,
  verdict: Verdict,
  before: readonly PodCondition[],
  now: string,
): PodCondition {
  const previous = before.find((condition) => condition.type === type);
  const since = previous?.status === verdict.status ? previous.lastTransitionTime : undefined;
  return { type, ...verdict, lastTransitionTime: since ?? now };
}

function endedVerdict(phase: Phase): Verdict | undefined {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  return phase === 'Failed' ? { status: 'False', reason: 'PodFailed' } : undefined;
}

function initVerdict(model: PodModel): Verdict {
  if (model.initialized) return yes;
  const incomplete = model.containers
    .filter((one) =>
      one.role === 'init' ? exitOf(one)?.exitCode !== 0 : one.role === 'sidecar' && !one.started,
    )
    .map(({ name }) => name);
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  };
}

function containersVerdict(model: PodModel): Verdict {
  const unready = model.containers.filter((one) => one.role !== 'init' && !one.ready).map(({ name }) => name);
  if (unready.length === 0) return yes;
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function gatesVerdict(pod: Pod): Verdict {
  const closed = (pod.spec?.readinessGates ?? [])
    .map(({ conditionType }) => conditionType)
    .filter((type) => pod.status?.conditions?.find((one) => one.type === type)?.status !== 'True');
  if (closed.length === 0) return yes;
  return {
    status: 'False',
    reason: 'ReadinessGatesNotReady',
    message: `the status of pod readiness gates [${closed.join(' ')}] is not "True"`,
  };
}
