/** What a Function's status should say, from what was observed. Pure; written elsewhere, only on change. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction, FunctionStatus } from '#crds/function/types.ts';
import { annotations } from '#crds/wire/names.ts';
import { conditionTypes, reasons } from '#crds/wire/reasons.ts';
import { kubeTime } from '#kube/clock.ts';
import { findCondition, setCondition } from '#kube/conditions.ts';
import { minimumNow, scheduled } from '../schedule/status.ts';
import type { Windows } from '../schedule/windows.ts';
import {
  asleep,
  type Finding,
  imagePullFailed,
  loaded,
  loadFailed,
  outOfMemory,
  paused,
  podsRefused,
  running,
  shared,
  startFailed,
  starting,
  unschedulable,
  verifying,
} from './conditions.ts';
import { type PodState, podRevision, podState } from './pod-state.ts';
import { podSelector } from './resources/deployment.ts';
import { isPassingRefusal, refusalText } from './start-failure.ts';

export interface Observation {
  fn: CatnapFunction;
  /** What pods should run; undefined while that cannot be known (the source is missing). */
  revision: string | undefined;
  /** Why the children cannot be brought about at all. */
  obstacle: Finding | undefined;
  pods: readonly Pod[];
  /** `spec.replicas` of the Deployment, 0 when there is none, and the pods from a pool beside it. */
  wantedReplicas: number;
  /** Why the API server does not let the ReplicaSet make pods, if it does not. */
  podRefusal: string | undefined;
  /** How warm pods become the function, if they can. */
  launch: FunctionStatus['launch'];
  /** Of its schedules; undefined when it has none. */
  windows: Windows | undefined;
  /** A cold start that the status does not tell of yet. */
  coldStart: FunctionStatus['lastColdStart'];
  gatewayUrl: string;
  nowMs: number;
}

/** The status to show. Equal to the present one, timestamps included, when nothing changed. */
export function functionStatus(observation: Observation): FunctionStatus {
  const { fn, pods } = observation;
  const { name, namespace } = fn.metadata;
  // While paused the operator does not act on newer generations, so it must not claim to have seen them.
  const generation = (isPaused(fn) ? fn.status?.observedGeneration : undefined) ?? fn.metadata.generation;
  const states = pods.map(podState).filter(({ kind }) => kind !== 'leaving');
  const now = kubeTime(observation.nowMs);
  const findings: [string, Finding][] = [
    [conditionTypes.ready, readiness(observation)],
    [conditionTypes.active, activity(states, observation)],
  ];
  const schedule = scheduleToShow(observation);
  if (schedule.finding) findings.push([conditionTypes.scheduled, schedule.finding]);
  const status: FunctionStatus = {
    observedGeneration: generation,
    conditions: findings.reduce(
      (conditions, [type, finding]) =>
        setCondition(conditions, { type, ...finding, observedGeneration: generation }, now),
      schedule.conditions,
    ),
    replicas: states.length,
    readyReplicas: states.filter(isAnswering).length,
    selector: podSelector(name),
    url: `${observation.gatewayUrl}/fn/${namespace}/${name}`,
  };
  const revision = isPaused(fn) ? fn.status?.revision : (observation.revision ?? fn.status?.revision);
  const loadedRevision = seenLoaded(pods, revision) ? revision : fn.status?.loadedRevision;
  if (revision) status.revision = revision;
  if (loadedRevision) status.loadedRevision = loadedRevision;
  const launch = launchToShow(observation, status);
  if (launch) status.launch = launch;
  const lastColdStart = observation.coldStart ?? fn.status?.lastColdStart;
  if (lastColdStart) status.lastColdStart = lastColdStart;
  return { ...status, ...schedule.fields };
}

/** While paused what it was; otherwise as it is, which is nothing for a function without schedules. */
function scheduleToShow({ fn, windows }: Observation): {
  fields: Pick<FunctionStatus, 'minReplicas' | 'openSchedules'>;
  conditions: NonNullable<FunctionStatus['conditions']>;
  finding?: Finding;
} {
  const { conditions = [], minReplicas, openSchedules } = fn.status ?? {};
  if (isPaused(fn)) {
    const fields = openSchedules ? { minReplicas, openSchedules } : {};
    return { fields, conditions };
  }
  if (!windows) {
    return { fields: {}, conditions: conditions.filter(({ type }) => type !== conditionTypes.scheduled) };
  }
  const fields = {
    minReplicas: minimumNow(fn.spec, windows),
    openSchedules: windows.open.map(({ name }) => name),
  };
  return { fields, conditions, finding: scheduled(windows) };
}

/**
 * Nothing while the function's own pods cannot be brought about, which a warm one would only hide, or its code
 * is known not to load: trying that again is not the pool's to pay for.
 */
function launchToShow(
  { fn, obstacle, launch }: Observation,
  status: FunctionStatus,
): FunctionStatus['launch'] {
  if (isPaused(fn)) return fn.status?.launch;
  const ready = findCondition(status.conditions, conditionTypes.ready);
  return obstacle || ready?.reason === reasons.loadFailed ? undefined : launch;
}

export function isPaused(fn: CatnapFunction): boolean {
  return fn.metadata.annotations?.[annotations.paused] === 'true';
}

/** True while nobody has yet seen the code of the present revision load. */
export function needsVerification({ status }: CatnapFunction): boolean {
  return status?.revision !== undefined && status.revision !== status.loadedRevision;
}

/** A blocked pod that came back still answers until it is replaced. */
function isAnswering(state: PodState): boolean {
  return state.kind === 'ready';
}

function activity(states: readonly PodState[], { fn, launch, wantedReplicas }: Observation): Finding {
  if (states.some(isAnswering)) return running();
  if (wantedReplicas > 0) return starting();
  return fn.spec.class === 'isolate' && launch ? shared() : asleep();
}

function seenLoaded(pods: readonly Pod[], revision: string | undefined): boolean {
  return (
    revision !== undefined &&
    pods.some((pod) => podRevision(pod) === revision && podState(pod).kind === 'ready')
  );
}

function readiness(observation: Observation): Finding {
  const { fn, obstacle, revision, pods } = observation;
  const previous = findCondition(fn.status?.conditions, conditionTypes.ready);
  if (isPaused(fn)) return paused(previous);
  if (obstacle) return obstacle;
  if (revision === undefined) return verifying('(not known yet)');
  if (seenLoaded(pods, revision)) return loaded();

  const failure = failureOf(observation, revision);
  if (failure) return failure;
  // A failed load stays on record while its pods are gone and while the next try has not come out yet.
  if (previous?.reason === reasons.loadFailed && fn.status?.revision === revision) {
    return { status: 'False', reason: reasons.loadFailed, message: previous.message };
  }
  return fn.status?.loadedRevision === revision ? loaded() : verifying(revision);
}

/** What keeps calls from being answered, from the user's own doing to what only the cluster can change. */
const gravity = [
  'loadFailed',
  'outOfMemory',
  'imagePullFailed',
  'startFailed',
  'unschedulable',
] as const satisfies PodState['kind'][];

/** The failure to report, of pods of the present revision none of which is ready. */
function failureOf(observation: Observation, revision: string): Finding | undefined {
  const { fn, pods, podRefusal, wantedReplicas } = observation;
  const answering = pods.map(podState).filter(isAnswering).length;
  const states = pods.filter((pod) => podRevision(pod) === revision).map(podState);
  const worst = gravity.flatMap((kind) => states.filter((state) => state.kind === kind))[0];
  if (worst) return findingOf(fn, worst, answering);
  if (podRefusal === undefined || wantedReplicas === 0 || isPassingRefusal(podRefusal)) return undefined;
  return podsRefused(refusalText(podRefusal), answering);
}

function findingOf(fn: CatnapFunction, state: PodState, answering: number): Finding | undefined {
  switch (state.kind) {
    case 'loadFailed':
      return loadFailed(state.message, answering);
    case 'outOfMemory':
      return outOfMemory(fn, state.what, answering);
    case 'imagePullFailed':
      return imagePullFailed(state.message, answering);
    case 'startFailed':
      return startFailed(state.message, answering);
    case 'unschedulable':
      return unschedulable(state.message, answering);
    default:
      return undefined;
  }
}
