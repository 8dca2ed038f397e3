/** Watches ReplicaSets and pods; creates, deletes, adopts and releases pods; writes ReplicaSet status. */
import type { ReplicaSet } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { isNotFound } from '#kube/errors.ts';
import * as kinds from '#kube/resource.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import { untilCached } from '../cached.ts';
import type { Controller, ControllerContext } from '../context.ts';
import { controllerOf, controllerReference } from '../ownership.ts';
import { writeStatus } from '../status.ts';
import { decideReplicaSet } from './decide.ts';

export function startReplicaSetController(context: ControllerContext): Controller {
  const { replicaSets, pods } = context.caches;
  const queue = createWorkQueue({
    name: 'replicaset',
    concurrency: 8,
    log: context.log,
    reconcile: (key) => reconcile(context, key),
  });
  replicaSets.onChange(({ key }) => queue.add(key));
  pods.onChange(({ current, previous }) => {
    for (const pod of [current, previous]) {
      if (!pod) continue;
      const owner = controllerOf(pod);
      if (owner?.kind === 'ReplicaSet') queue.add(`${pod.metadata?.namespace}/${owner.name}`);
      else if (!owner)
        for (const candidate of inNamespace(context, pod)) queue.add(kinds.objectKey(candidate));
    }
  });
  return { stop: () => queue.stop() };
}

function inNamespace(context: ControllerContext, pod: Pod): ReplicaSet[] {
  return context.caches.replicaSets
    .list()
    .filter((replicaSet) => replicaSet.metadata?.namespace === pod.metadata?.namespace);
}

async function reconcile(context: ControllerContext, key: string): Promise<{ requeueAfterMs?: number }> {
  const { client, caches } = context;
  const [namespace = '', name = ''] = key.split('/');
  const replicaSet = caches.replicaSets.get(namespace, name);
  if (!replicaSet) return {};
  const pods = caches.pods.list().filter((pod) => pod.metadata?.namespace === namespace);
  const plan = decideReplicaSet(replicaSet, pods, Date.now());
  await Promise.all([
    ...plan.adopt.map((pod) => setOwner(context, pod, replicaSet)),
    ...plan.release.map((pod) => setOwner(context, pod, undefined)),
    ...Array.from({ length: plan.create }, () => createPod(context, replicaSet)),
    ...plan.remove.map((pod) => removePod(context, replicaSet, pod)),
  ]);
  await writeStatus(client, kinds.replicaSets, replicaSet, plan.status);
  return plan.checkAgainInMs === undefined ? {} : { requeueAfterMs: plan.checkAgainInMs };
}

async function createPod(context: ControllerContext, replicaSet: ReplicaSet): Promise<void> {
  const { client, caches, events } = context;
  const template = replicaSet.spec?.template;
  const pod = await client.create(kinds.pods, {
    metadata: {
      ...template?.metadata,
      generateName: `${replicaSet.metadata?.name}-`,
      namespace: replicaSet.metadata?.namespace,
      ownerReferences: [controllerReference(replicaSet)],
    },
    spec: template?.spec,
  });
  const [namespace, name] = [pod.metadata?.namespace ?? '', pod.metadata?.name ?? ''];
  events.record(replicaSet, {
    type: 'Normal',
    reason: 'SuccessfulCreate',
    action: 'Create',
    note: `Created pod: ${name}`,
  });
  await untilCached(caches.pods, () => caches.pods.get(namespace, name) !== undefined);
}

async function removePod(context: ControllerContext, replicaSet: ReplicaSet, pod: Pod): Promise<void> {
  const { client, caches, events } = context;
  const [namespace, name] = [pod.metadata?.namespace ?? '', pod.metadata?.name ?? ''];
  await ignoringNotFound(
    client.delete(kinds.pods, { namespace, name }, { preconditions: { uid: pod.metadata?.uid } }),
  );
  events.record(replicaSet, {
    type: 'Normal',
    reason: 'SuccessfulDelete',
    action: 'Delete',
    note: `Deleted pod: ${name}`,
  });
  await untilCached(caches.pods, () => {
    const cached = caches.pods.get(namespace, name);
    return cached?.metadata?.deletionTimestamp !== undefined || cached?.metadata?.uid !== pod.metadata?.uid;
  });
}

async function setOwner(context: ControllerContext, pod: Pod, owner: ReplicaSet | undefined): Promise<void> {
  const others = (pod.metadata?.ownerReferences ?? []).filter(({ controller }) => !controller);
  const ownerReferences = owner ? [...others, controllerReference(owner)] : others;
  const { uid, resourceVersion } = pod.metadata ?? {};
  const body = { metadata: { uid, resourceVersion, ownerReferences } };
  await ignoringNotFound(context.client.patch(kinds.pods, kinds.refOf(pod), body, { type: 'merge' }));
}

async function ignoringNotFound(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
