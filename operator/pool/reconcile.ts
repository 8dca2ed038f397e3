/**
 * Brings one pool about.
 *
 * Observes Functions, the Deployments of pools, and warm pods. Writes, scales and deletes these Deployments;
 * deletes warm pods that were used up.
 */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { fieldManagers, splitKey } from '#crds/wire/names.ts';
import type { KubeClient } from '#kube/client.ts';
import { isNotFound, isRemovedNamespace } from '#kube/errors.ts';
import type { Log } from '#kube/log.ts';
import { deployments, pods, refOf } from '#kube/resource.ts';
import { createTokenBuckets } from '#kube/token-buckets.ts';
import type { ReconcileResult } from '#kube/work-queue.ts';
import { byPool, type Caches } from '../caches.ts';
import { deleteUnlessGone } from '../function/delete.ts';
import type { Freshest } from '../function/freshest.ts';
import { scaleOf } from '../function/scale-of.ts';
import { type ScaleClient, setScale } from '../function/set-scale.ts';
import { trimDeployment } from '../function/trim.ts';
import { decidePool, spentSinceMs } from './decide.ts';
import type { Members } from './members.ts';
import { type PoolSettings, poolDeployment, poolDeploymentName } from './resources.ts';
import { shapeOf } from './shape.ts';

/** How soon to look again at what only a person can change, or a namespace that is being removed. */
const RECHECK_MS = 300_000;
/** Time that a gateway has to say whose a pod was. */
const SPENT_MS = 5_000;
/** Of used-up pods: as fast as a few bad functions make them, and no faster when a whole runtime is bad. */
const BURST = 3;
const REFILL_MS = 30_000;

export interface PoolReconcilerOptions {
  client: Pick<KubeClient, 'get' | 'apply' | 'delete'> & ScaleClient;
  caches: Pick<Caches, 'poolDeployments' | 'pods'>;
  /** What was written and not yet seen. */
  written: Freshest<Deployment>;
  members: Members;
  /** The size that a pool should have; undefined for one that is not needed. */
  sizeOf: (poolKey: string) => number | undefined;
  /** Undefined where there are no warm pods: those that are there go. */
  settings: PoolSettings | undefined;
  log: Log;
  /** Wall clock, in milliseconds. */
  now: () => number;
  /** For durations, in milliseconds. */
  monotonic: () => number;
}

/** The reconcile function of the work queue; keys are those of pools. */
export function createPoolReconciler(
  options: PoolReconcilerOptions,
): (key: string) => Promise<ReconcileResult> {
  const buckets = createTokenBuckets({ burst: BURST, refillMs: REFILL_MS });
  return async (key) => {
    try {
      const result = await reconcile(options, key);
      const againMs = await replaceSpent(options, key, () => buckets.take(key, options.monotonic()));
      return result ?? { requeueAfterMs: againMs };
    } catch (error) {
      if (!isRemovedNamespace(error)) throw error;
      options.log.debug({ pool: key }, 'pool not written, its namespace is going away');
      return { requeueAfterMs: RECHECK_MS };
    }
  };
}

async function reconcile(options: PoolReconcilerOptions, key: string): Promise<ReconcileResult> {
  const { client, settings, log } = options;
  const { namespace, name } = splitKey(key);
  const pool = name.slice(1);
  const example = options.members.example(key);
  const live = await readDeployment(options, namespace, poolDeploymentName(pool));
  const desired = settings && example && poolDeployment(namespace, shapeOf(example), settings);
  const decision = decidePool({ pool, desired, isUsed: options.members.isUsed(key), live });
  if (decision === 'leave to its owner') {
    log.warn({ pool: key, deployment: poolDeploymentName(pool) }, 'the name is taken, so there is no pool');
    return { requeueAfterMs: RECHECK_MS };
  }
  if (decision === 'delete' && live) {
    const preconditions = { uid: live.metadata?.uid };
    await deleteUnlessGone(client.delete(deployments, refOf(live), { preconditions }));
    log.info({ pool: key }, 'pool removed');
    return undefined;
  }
  if (decision === 'apply' && desired) {
    const applied = await client.apply(deployments, desired, { fieldManager: fieldManagers.pool });
    options.written.note(trimDeployment(applied));
    log.info({ pool: key }, 'pool applied');
    await scale(options, key, trimDeployment(applied));
    return undefined;
  }
  if (live && desired) await scale(options, key, live);
  return undefined;
}

/** Before one is made, the API server is asked, so that nobody else's is overwritten. */
async function readDeployment(
  { client, caches, written }: PoolReconcilerOptions,
  namespace: string,
  name: string,
): Promise<Deployment | undefined> {
  const known = written.pick(`${namespace}/${name}`, caches.poolDeployments.get(namespace, name));
  if (known && !known.metadata?.deletionTimestamp) return known;
  return client
    .get(deployments, { namespace, name })
    .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error)));
}

async function scale(options: PoolReconcilerOptions, key: string, live: Deployment): Promise<void> {
  const { client, sizeOf, log } = options;
  const [from, to] = [scaleOf(live), sizeOf(key)];
  if (to === undefined || to === from || live.metadata?.deletionTimestamp) return;
  const fieldManager = fieldManagers.pool;
  const resourceVersion = await setScale(client, live, to, { fieldManager });
  if (resourceVersion === undefined) return;
  const metadata = { ...live.metadata, resourceVersion };
  options.written.note({ ...live, metadata, spec: { ...live.spec, replicas: to } } as Deployment);
  log.info({ pool: key, from, to }, 'pool scaled');
}

/** Returns when to come back for those that have to wait, in ms; undefined when none has. */
async function replaceSpent(
  { client, caches, log, now }: PoolReconcilerOptions,
  key: string,
  mayDelete: () => boolean,
): Promise<number | undefined> {
  for (const pod of caches.pods.byIndex(byPool, key)) {
    const sinceMs = spentSinceMs(pod, now());
    if (sinceMs === undefined) continue;
    if (sinceMs < SPENT_MS) return SPENT_MS - sinceMs;
    if (!mayDelete()) return REFILL_MS;
    const preconditions = { uid: pod.metadata?.uid };
    await deleteUnlessGone(client.delete(pods, refOf(pod), { preconditions }));
    log.warn({ pool: key, pod: pod.metadata?.name }, 'warm pod deleted, code did not load in it');
  }
  return undefined;
}
