/**
 * Brings one function about.
 *
 * Observes Functions, their Deployments, pods and ConfigMaps, and the ConfigMaps they take code from.
 * Writes the Deployment and ConfigMap of each, its launch spec, the Function's status, and Events; deletes pods that a fresh
 * one does better than, and ConfigMaps of old revisions. Replica counts are the autoscaler's.
 */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Function as CatnapFunction, FunctionStatus } from '#crds/function/types.ts';
import { deploymentName, fieldManagers, functionKey, labels, splitKey } from '#crds/wire/names.ts';
import type { KubeClient } from '#kube/client.ts';
import { isKubeError, isNotFound, type KubeError } from '#kube/errors.ts';
import type { EventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import { configMaps, deployments, functions, refOf, replicaSets } from '#kube/resource.ts';
import type { ReconcileResult } from '#kube/work-queue.ts';
import { byFunction, type Caches } from '../caches.ts';
import type { ColdStarts } from '../cold-start/cold-starts.ts';
import type { Launches } from '../launch/launches.ts';
import { startFailed } from './conditions.ts';
import { deleteUnlessGone } from './delete.ts';
import type { DeletedPods } from './deleted-pods.ts';
import { outOfMemoryEvent } from './events.ts';
import type { Freshest } from './freshest.ts';
import { readInlineFiles } from './inline-code.ts';
import { createMemoryReports } from './memory-reports.ts';
import {
  currentRevision,
  expendableConfigMaps,
  type Plan,
  type PlanSettings,
  planFunction,
  soonest,
  type World,
} from './plan.ts';
import { createReplacements } from './replacements.ts';
import { configMapName, inlineConfigMap } from './resources/config-map.ts';
import { podSelector } from './resources/deployment.ts';
import { refusalText } from './start-failure.ts';
import { isPaused } from './status.ts';
import { createStatusPace, type StatusPace } from './status-pace.ts';
import { trimDeployment, trimFunction } from './trim.ts';

/** How soon to try again what the API server refuses, which only a person or a policy can change. */
const REFUSED_RETRY_MS = 60_000;

export interface ReconcilerOptions {
  client: KubeClient;
  caches: Caches;
  /** What was written and not yet seen; shared with the autoscaler. */
  written: { functions: Freshest<CatnapFunction>; deployments: Freshest<Deployment> };
  deleted: DeletedPods;
  recorder: EventRecorder;
  settings: PlanSettings;
  launches: Pick<Launches, 'offer' | 'forget'>;
  coldStarts: Pick<ColdStarts, 'due' | 'told' | 'forget'>;
  log: Log;
  /** Wall clock, in milliseconds. */
  now: () => number;
  /** For durations, in milliseconds. */
  monotonic: () => number;
  /** After each run, with the function's newest state. */
  settled: (key: string) => Promise<void>;
  /** The function is gone. */
  forget: (key: string) => void;
}

/** The reconcile function of the work queue. */
export function createReconciler(options: ReconcilerOptions): (key: string) => Promise<ReconcileResult> {
  const replacements = createReplacements(options);
  const memoryReports = createMemoryReports();
  const pace = createStatusPace(options.monotonic);

  return async (key) => {
    const world = await readWorld(options, key);
    if (!world) {
      options.deleted.forget(key);
      memoryReports.forget(key);
      options.written.functions.forget(key);
      options.launches.forget(key);
      options.coldStarts.forget(key);
      options.forget(key);
      return undefined;
    }
    // Deleting: garbage collection removes the children, and writing would only get in its way.
    if (world.fn.metadata.deletionTimestamp) return undefined;
    for (const { pod, what } of memoryReports.fresh(key, world.pods, options.now())) {
      options.recorder.record(world.fn, outOfMemoryEvent(world.fn, pod, what));
    }
    world.pods = options.deleted.remaining(key, world.pods);
    const offer = isPaused(world.fn) ? {} : await options.launches.offer(world.fn, currentRevision(world));
    world.launch = offer.launch;
    world.coldStart = options.coldStarts.due(key);
    let plan = planFunction(world, options.settings, options.now());
    const refusal = await applyChildren(options, world, plan);
    if (refusal) plan = planFunction({ ...world, refusal }, options.settings, options.now());
    const statusAgainMs = await tellStatus(options, pace, world, plan);
    if (world.coldStart) options.coldStarts.told(key, world.coldStart);
    const replaceAgainMs = await replacements.replace(key, world.fn, plan);
    await deleteOldConfigMaps(options, plan);
    await options.settled(key);
    return {
      requeueAfterMs: soonest(
        refusal && REFUSED_RETRY_MS,
        plan.requeueAfterMs,
        replaceAgainMs,
        offer.againMs,
        statusAgainMs,
      ),
    };
  };
}

async function readWorld(options: ReconcilerOptions, key: string): Promise<World | undefined> {
  const { caches, written } = options;
  const { namespace, name } = splitKey(key);
  const cached = caches.functions.get(namespace, name);
  const fn = cached && written.functions.pick(key, cached);
  if (!fn) return undefined;
  const inlineRevision = fn.spec.source?.inline && currentRevision({ fn, sourceConfigMap: undefined });
  const source = fn.spec.source?.configMap;
  const world: World = {
    fn,
    deployment: await readDeployment(options, namespace, deploymentName(name)),
    codeConfigMap: inlineRevision
      ? caches.configMaps.get(namespace, configMapName(name, inlineRevision))
      : undefined,
    labelledConfigMaps: caches.configMaps.byIndex(byFunction, key),
    sourceConfigMap: source && caches.configMaps.get(namespace, source.name),
    pods: caches.pods.byIndex(byFunction, key),
    replicaSetRevisions: undefined,
    launch: undefined,
    coldStart: undefined,
    refusal: undefined,
  };
  // Rare enough, after many revisions, that asking is cheaper than watching every ReplicaSet.
  const mayDelete = expendableConfigMaps(world, currentRevision(world)).length > 0;
  return mayDelete ? { ...world, replicaSetRevisions: await referredRevisions(options.client, fn) } : world;
}

/**
 * The cache has only Deployments that carry a function's label. Before one is made, the API server is
 * asked, so that neither someone else's object nor one the watch has not brought yet is overwritten.
 */
async function readDeployment(
  { client, caches, written }: ReconcilerOptions,
  namespace: string,
  name: string,
): Promise<Deployment | undefined> {
  const cached = caches.deployments.get(namespace, name);
  const known = written.deployments.pick(functionKey(namespace, name), cached);
  if (known && !known.metadata?.deletionTimestamp) return known;
  return client
    .get(deployments, { namespace, name })
    .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error)));
}

async function referredRevisions(client: KubeClient, fn: CatnapFunction): Promise<Set<string>> {
  const { namespace, name } = fn.metadata;
  const { items } = await client.list(replicaSets, { namespace, labelSelector: podSelector(name) });
  return new Set(items.map(({ metadata }) => metadata?.labels?.[labels.revision] ?? ''));
}

/** Returns what the API server has against the children, if it refuses them for good. */
async function applyChildren(options: ReconcilerOptions, world: World, plan: Plan) {
  const { client, written } = options;
  try {
    if (plan.applyCodeOf) await applyCode(client, world, plan.applyCodeOf);
    if (!plan.applyDeployment) return undefined;
    const { sleepingFirst, full } = plan.applyDeployment;
    if (sleepingFirst) {
      await client.apply(deployments, sleepingFirst, { fieldManager: fieldManagers.autoscaler });
    }
    const applied = await client.apply(deployments, full, { fieldManager: fieldManagers.function });
    written.deployments.note(trimDeployment(applied));
    options.log.info({ function: keyOf(world), revision: currentRevision(world) }, 'deployment applied');
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return startFailed(`Kubernetes refuses its objects: ${refusalText(error.message)}`, 0);
  }
}

/** Once per revision. */
async function applyCode(client: KubeClient, { fn }: World, revision: string): Promise<void> {
  const files = await readInlineFiles(client, fn, revision);
  const configMap = inlineConfigMap(fn, files, revision);
  await client.apply(configMaps, configMap, { fieldManager: fieldManagers.function });
}

/** Invalid, forbidden by policy or quota, or too large: the same request will not do better by itself. */
function isRefusal(error: unknown): error is KubeError {
  return isKubeError(error) && [400, 403, 413, 422].includes(error.status);
}

/** Returns in how many milliseconds to do it, if not now. */
async function tellStatus(
  options: ReconcilerOptions,
  pace: StatusPace,
  world: World,
  { writeStatus: status, isNumbersOnly, events }: Plan,
): Promise<number | undefined> {
  if (!status) return undefined;
  const key = keyOf(world);
  const heldBackMs = isNumbersOnly ? pace.untilNext(key) : 0;
  if (heldBackMs > 0) return heldBackMs;
  if (await writeStatus(options, world, status)) {
    for (const event of events) options.recorder.record(world.fn, event);
  }
  pace.wrote(key);
  return undefined;
}

/** False when the function was deleted meanwhile; the watch will say so. */
async function writeStatus(
  { client, written, log }: ReconcilerOptions,
  world: World,
  status: FunctionStatus,
): Promise<boolean> {
  const { apiVersion, kind, metadata } = world.fn;
  const { name, namespace, uid } = metadata;
  // The uid makes the write fail for a new Function of the same name, whose status this is not.
  const object = { apiVersion, kind, metadata: { name, namespace, uid }, status };
  try {
    const saved = await client.apply(functions, object as CatnapFunction, {
      fieldManager: fieldManagers.status,
      subresource: 'status',
    });
    written.functions.note(trimFunction(saved));
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    log.debug({ function: keyOf(world), ready: ready?.status, reason: ready?.reason }, 'status written');
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function deleteOldConfigMaps({ client }: ReconcilerOptions, plan: Plan): Promise<void> {
  for (const configMap of plan.deleteConfigMaps) {
    const preconditions = { uid: configMap.metadata?.uid };
    await deleteUnlessGone(client.delete(configMaps, refOf(configMap), { preconditions }));
  }
}

function keyOf({ fn }: World): string {
  return functionKey(fn.metadata.namespace, fn.metadata.name);
}
