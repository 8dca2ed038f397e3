/** Watches Deployments and ReplicaSets; creates, scales and prunes ReplicaSets; writes Deployment status. */
import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1.js';
import { isAlreadyExists, isNotFound } from '#kube/errors.ts';
import * as kinds from '#kube/resource.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import { untilCached } from '../cached.ts';
import type { Controller, ControllerContext } from '../context.ts';
import { controllerOf, controllerReference, isControlledBy } from '../ownership.ts';
import { writeStatus } from '../status.ts';
import { decideReplicas } from './rollout.ts';
import { deploymentStatus } from './status.ts';
import { TEMPLATE_HASH_LABEL, templateHash } from './template-hash.ts';

const REVISION = 'deployment.kubernetes.io/revision';

export function startDeploymentController(context: ControllerContext): Controller {
  const queue = createWorkQueue({
    name: 'deployment',
    concurrency: 8,
    log: context.log,
    reconcile: (key) => reconcile(context, key),
  });
  context.caches.deployments.onChange(({ key }) => queue.add(key));
  context.caches.replicaSets.onChange(({ current, previous }) => {
    for (const replicaSet of [current, previous]) {
      const owner = replicaSet && controllerOf(replicaSet);
      if (owner?.kind === 'Deployment') queue.add(`${replicaSet?.metadata?.namespace}/${owner.name}`);
    }
  });
  return { stop: () => queue.stop() };
}

async function reconcile(context: ControllerContext, key: string): Promise<void> {
  const [namespace = '', name = ''] = key.split('/');
  const deployment = context.caches.deployments.get(namespace, name);
  if (!deployment || deployment.metadata?.deletionTimestamp !== undefined) return;
  const hash = templateHash(deployment.spec?.template);
  const owned = context.caches.replicaSets.list().filter((set) => isControlledBy(set, deployment));
  const isCurrent = (set: ReplicaSet) => set.metadata?.labels?.[TEMPLATE_HASH_LABEL] === hash;
  const old = owned.filter((set) => !isCurrent(set)).sort(byRevision);
  let current = owned.find(isCurrent);
  if (!current) {
    if (deployment.spec?.paused) return;
    current = await createReplicaSet(context, deployment, old, hash);
  }
  await recordRevision(context, deployment, current, old);
  if (!deployment.spec?.paused) await scale(context, deployment, current, old);
  await prune(context, deployment, old);
  const status = deploymentStatus(deployment, current, old, Date.now());
  await writeStatus(context.client, kinds.deployments, deployment, status);
}

async function createReplicaSet(
  context: ControllerContext,
  deployment: Deployment,
  old: readonly ReplicaSet[],
  hash: string,
): Promise<ReplicaSet> {
  const { client, caches } = context;
  const template = deployment.spec?.template;
  const namespace = deployment.metadata?.namespace ?? '';
  const name = `${deployment.metadata?.name}-${hash}`;
  const labels = { ...template?.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  const selector = deployment.spec?.selector;
  const replicaSet: ReplicaSet = {
    metadata: {
      namespace,
      name,
      labels,
      annotations: { [REVISION]: String(Math.max(0, ...old.map(revisionOf)) + 1) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: 0,
      minReadySeconds: deployment.spec?.minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
  // The first ReplicaSet gets its replicas at once: one write less before the first pod exists.
  const alone = old.every((set) => (set.spec?.replicas ?? 0) === 0);
  if (alone && replicaSet.spec) replicaSet.spec.replicas = deployment.spec?.replicas ?? 1;
  try {
    await client.create(kinds.replicaSets, replicaSet);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  await untilCached(caches.replicaSets, () => caches.replicaSets.get(namespace, name) !== undefined);
  const created = caches.replicaSets.get(namespace, name);
  if (!created || !isControlledBy(created, deployment)) {
    throw new Error(`ReplicaSet ${namespace}/${name} belongs to something else`);
  }
  return created;
}

async function recordRevision(
  context: ControllerContext,
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
): Promise<void> {
  // Going back to an earlier template makes its ReplicaSet the newest revision again.
  const newest = Math.max(0, ...old.map(revisionOf));
  const revision = revisionOf(current) > newest ? revisionOf(current) : newest + 1;
  const body = { metadata: { annotations: { [REVISION]: String(revision) } } };
  if (revisionOf(current) !== revision) {
    await context.client.patch(kinds.replicaSets, kinds.refOf(current), body, { type: 'merge' });
  }
  if (deployment.metadata?.annotations?.[REVISION] !== String(revision)) {
    await context.client.patch(kinds.deployments, kinds.refOf(deployment), body, { type: 'merge' });
  }
}

async function scale(
  context: ControllerContext,
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
): Promise<void> {
  const changes = decideReplicas(deployment, current, old);
  for (const set of [current, ...old]) {
    const replicas = changes.get(set.metadata?.name ?? '');
    if (replicas === undefined) continue;
    const { resourceVersion, name } = set.metadata ?? {};
    const body = { metadata: { resourceVersion }, spec: { replicas } };
    const before = set.spec?.replicas ?? 0;
    await context.client.patch(kinds.replicaSets, kinds.refOf(set), body, { type: 'merge' });
    context.events.record(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      action: 'Scale',
      note: `Scaled ${replicas > before ? 'up' : 'down'} replica set ${name} from ${before} to ${replicas}`,
    });
  }
}

/** Deletes empty old ReplicaSets beyond `revisionHistoryLimit`, oldest first. */
async function prune(
  context: ControllerContext,
  deployment: Deployment,
  old: readonly ReplicaSet[],
): Promise<void> {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const empty = old.filter((set) => set.spec?.replicas === 0 && (set.status?.replicas ?? 0) === 0);
  for (const set of empty.slice(0, Math.max(0, old.length - limit))) {
    try {
      await context.client.delete(kinds.replicaSets, kinds.refOf(set), {
        preconditions: { uid: set.metadata?.uid },
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function revisionOf(replicaSet: ReplicaSet): number {
  return Number(replicaSet.metadata?.annotations?.[REVISION] ?? 0) || 0;
}

function byRevision(left: ReplicaSet, right: ReplicaSet): number {
  return revisionOf(left) - revisionOf(right);
}
