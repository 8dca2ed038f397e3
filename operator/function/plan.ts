/**
 * What to do about one function: a pure function from what was read to what is to be written. An empty
 * plan means that the world is as it should be, and then nothing is written.
 */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { ConfigMap, Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction, FunctionStatus } from '#crds/function/types.ts';
import { deploymentName, labels } from '#crds/wire/names.ts';
import { conditionTypes, reasons } from '#crds/wire/reasons.ts';
import { findCondition } from '#kube/conditions.ts';
import { scheduleEvents } from '../schedule/status.ts';
import { untilChange, windowsAt } from '../schedule/windows.ts';
import { liveBorrowed } from './borrowed.ts';
import { canonicalJson } from './canonical.ts';
import { type Finding, nameConflict, predecessorLeaving, sourceMissing } from './conditions.ts';
import { isContained } from './drift.ts';
import { type EventDraft, readinessEvents } from './events.ts';
import { compareVersions } from './freshest.ts';
import { podRevision, podState } from './pod-state.ts';
import { configMapName } from './resources/config-map.ts';
import {
  APPLIED_HASH,
  functionDeployment,
  type PodSettings,
  sleepingDeployment,
} from './resources/deployment.ts';
import { ownershipOf } from './resources/owner.ts';
import { revisionOf } from './revision.ts';
import { scaleOf } from './scale-of.ts';
import { contentHash, inlineContentHash } from './source-content.ts';
import { functionStatus, isPaused } from './status.ts';
import { isNumbersOnly } from './status-pace.ts';
import { REPLICA_FAILURE } from './trim.ts';

/** Inline ConfigMaps of old revisions that are kept in any case, for a rollback by hand. */
const KEPT_OLD_CONFIG_MAPS = 2;
/** How soon to look again for something that no watch tells about: another owner's object under our name. */
const CONFLICT_RECHECK_MS = 30_000;
const PREDECESSOR_RECHECK_MS = 1_000;

/** Everything a decision about a function rests on. */
export interface World {
  /** With digests in place of code. */
  fn: CatnapFunction;
  /** The object under the Deployment's name, whoever it belongs to. */
  deployment: Deployment | undefined;
  /** The object under the name of the ConfigMap for inline code, whoever it belongs to. */
  codeConfigMap: ConfigMap | undefined;
  /** ConfigMaps that carry the function's label. */
  labelledConfigMaps: readonly ConfigMap[];
  /** The ConfigMap that `spec.source.configMap` names, if it exists. */
  sourceConfigMap: ConfigMap | undefined;
  pods: readonly Pod[];
  /** Revisions that ReplicaSets still refer to; undefined when nobody looked because nothing may go. */
  replicaSetRevisions: ReadonlySet<string> | undefined;
  /** How warm pods become the function, once that is prepared. */
  launch: FunctionStatus['launch'];
  /** A cold start that the status is to tell of. */
  coldStart: FunctionStatus['lastColdStart'];
  /** Why the API server does not take the children, when that was just found out. */
  refusal: Finding | undefined;
}

export interface Plan {
  /** The ConfigMap of this revision's inline code is to be written. */
  applyCodeOf?: string;
  /** In this order: the sleeping one by the autoscaler's field manager, the full one by the function's. */
  applyDeployment?: { sleepingFirst?: Deployment; full: Deployment };
  writeStatus?: FunctionStatus;
  /** The status differs in nothing but how many pods there are. */
  isNumbersOnly: boolean;
  /** Blocked ones, to be replaced at once. */
  replaceBlocked: Pod[];
  /** Ones that ran out of memory and are held back, to be replaced at a bounded rate. */
  replaceHeldBack: Pod[];
  deleteConfigMaps: ConfigMap[];
  /** To be recorded once the status is written. */
  events: EventDraft[];
  requeueAfterMs?: number;
}

export interface PlanSettings extends PodSettings {
  gatewayUrl: string;
}

export function planFunction(world: World, settings: PlanSettings, nowMs: number): Plan {
  const { fn } = world;
  const paused = isPaused(fn);
  const revision = currentRevision(world);
  const hindrance = paused ? undefined : findHindrance(world, revision);
  const plan: Plan = {
    isNumbersOnly: false,
    replaceBlocked: [],
    replaceHeldBack: [],
    deleteConfigMaps: [],
    events: [],
  };
  const { schedules } = fn.spec.scaling;
  const windows = !paused && schedules?.length ? windowsAt(schedules, nowMs) : undefined;
  plan.requeueAfterMs = soonest(hindrance?.recheckMs, windows && untilChange(windows, nowMs));
  if (!paused) {
    plan.replaceBlocked = world.pods.filter((pod) => podState(pod).kind === 'blocked');
    plan.replaceHeldBack = world.pods.filter((pod) => isWorthAnother(fn, pod));
  }
  if (!paused && !hindrance && revision) planChildren(world, revision, settings, plan);

  const status = functionStatus({
    fn,
    revision,
    obstacle: hindrance?.finding ?? world.refusal,
    pods: isOurs(world) || !world.deployment ? world.pods : [],
    wantedReplicas: wantedReplicas(world, plan),
    podRefusal: podRefusal(world.deployment),
    launch: world.launch,
    windows,
    coldStart: world.coldStart,
    gatewayUrl: settings.gatewayUrl,
    nowMs,
  });
  // The triggers' part has a writer of its own.
  const { triggers: _, ...present } = fn.status ?? {};
  if (canonicalJson(status) !== canonicalJson(present)) {
    plan.writeStatus = status;
    plan.isNumbersOnly = isNumbersOnly(present, status);
  }
  plan.events = readinessEvents(fn.status, status);
  if (!paused) plan.events.push(...scheduleEvents(fn, status, windows));
  return plan;
}

/** The smallest of the times that are known. */
export function soonest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

function isOurs({ fn, deployment }: World): boolean {
  return deployment !== undefined && ownershipOf(fn, deployment.metadata) === 'ours';
}

/** A fresh pod does better than one that waits, unless the memory does not even suffice to load. */
function isWorthAnother({ status }: CatnapFunction, pod: Pod): boolean {
  const state = podState(pod);
  const isHeldBack = state.kind === 'outOfMemory' && state.heldBack;
  return isHeldBack && status?.loadedRevision !== undefined && status.loadedRevision === podRevision(pod);
}

function podRefusal(deployment: Deployment | undefined): string | undefined {
  return deployment?.status?.conditions?.find(
    ({ type, status }) => type === REPLICA_FAILURE && status === 'True',
  )?.message;
}

/** What there is to be once the plan is carried out, pods from the pool included. */
function wantedReplicas(world: World, plan: Plan): number {
  const borrowed = liveBorrowed(world.fn, world.pods).length;
  if (world.deployment) return isOurs(world) ? scaleOf(world.deployment) + borrowed : 0;
  return borrowed + ownReplicas(world, plan);
}

/** Of a Deployment that is not there yet. */
function ownReplicas(world: World, plan: Plan): number {
  return plan.applyDeployment && !plan.applyDeployment.sleepingFirst && !world.refusal ? 1 : 0;
}

/** What pods should run; undefined while a referenced ConfigMap is missing. */
export function currentRevision({
  fn,
  sourceConfigMap,
}: Pick<World, 'fn' | 'sourceConfigMap'>): string | undefined {
  if (!fn.spec.source?.configMap) return revisionOf(fn.spec);
  return sourceConfigMap && revisionOf(fn.spec, contentHash(sourceConfigMap));
}

/** Old inline ConfigMaps that may go if no ReplicaSet refers to them; newest first. */
export function expendableConfigMaps(world: World, revision: string | undefined): ConfigMap[] {
  const inUse = new Set(world.pods.map(podRevision));
  return world.labelledConfigMaps
    .filter((configMap) => ownershipOf(world.fn, configMap.metadata) === 'ours')
    .filter((configMap) => revisionLabel(configMap) !== revision)
    .sort(newestFirst)
    .slice(KEPT_OLD_CONFIG_MAPS)
    .filter((configMap) => !inUse.has(revisionLabel(configMap)));
}

function planChildren(world: World, revision: string, settings: PlanSettings, plan: Plan): void {
  const { fn, deployment } = world;
  const files = fn.spec.source?.inline?.files;
  if (files) {
    const present = world.codeConfigMap;
    if (!present || contentHash(present) !== inlineContentHash(files)) plan.applyCodeOf = revision;
  }
  const full = functionDeployment(fn, revision, settings);
  if (!deployment) {
    const sleepingFirst = startsAsleep(fn, revision) ? sleepingDeployment(fn, settings) : undefined;
    plan.applyDeployment = { full, ...(sleepingFirst ? { sleepingFirst } : {}) };
  } else if (!isUpToDate(full, deployment)) {
    plan.applyDeployment = { full };
  }
  const referred = world.replicaSetRevisions;
  if (referred) {
    plan.deleteConfigMaps = expendableConfigMaps(world, revision).filter(
      (configMap) => !referred.has(revisionLabel(configMap)),
    );
  }
}

/**
 * A Deployment without `replicas` starts with one, which is what load verification wants. One that was
 * deleted by hand under a function known to load, or known not to, must come back asleep.
 */
function startsAsleep(fn: CatnapFunction, revision: string): boolean {
  if (fn.status?.revision !== revision) return false;
  const ready = findCondition(fn.status.conditions, conditionTypes.ready);
  return fn.status.loadedRevision === revision || ready?.reason === reasons.loadFailed;
}

function isUpToDate(desired: Deployment, live: Deployment): boolean {
  const hash = (deployment: Deployment) => deployment.metadata?.annotations?.[APPLIED_HASH];
  return hash(desired) === hash(live) && isContained(desired, { ...desired, ...live });
}

interface Hindrance {
  finding: Finding;
  recheckMs?: number;
}

/** What stands in the way of bringing the children about, most basic first. */
function findHindrance(world: World, revision: string | undefined): Hindrance | undefined {
  const { fn, deployment } = world;
  const deploymentClash =
    deployment && clash(fn, 'Deployment', deploymentName(fn.metadata.name), deployment.metadata);
  if (deploymentClash) return deploymentClash;
  const source = fn.spec.source?.configMap;
  if (source && !world.sourceConfigMap) return { finding: sourceMissing(source.name) };
  if (!fn.spec.source?.inline || !revision) return undefined;
  const name = configMapName(fn.metadata.name, revision);
  return world.codeConfigMap && clash(fn, 'ConfigMap', name, world.codeConfigMap.metadata);
}

function clash(
  fn: CatnapFunction,
  kind: string,
  name: string,
  metadata: Deployment['metadata'],
): Hindrance | undefined {
  switch (ownershipOf(fn, metadata)) {
    case 'ours':
      return undefined;
    case 'predecessor':
      return { finding: predecessorLeaving(kind, name), recheckMs: PREDECESSOR_RECHECK_MS };
    default:
      return { finding: nameConflict(kind, name), recheckMs: CONFLICT_RECHECK_MS };
  }
}

function revisionLabel(configMap: ConfigMap): string {
  return configMap.metadata?.labels?.[labels.revision] ?? '';
}

/** Creation times have whole seconds; versions tell apart what was made within one. */
function newestFirst({ metadata: a }: ConfigMap, { metadata: b }: ConfigMap): number {
  const byTime = (b?.creationTimestamp ?? '').localeCompare(a?.creationTimestamp ?? '');
  return byTime || compareVersions(b?.resourceVersion, a?.resourceVersion);
}
