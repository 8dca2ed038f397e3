/**
 * Deletes what lost its owners, and carries out foreground and orphan deletion. Watches every kind that can
 * own or be owned, custom resources as they are defined.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
import type { OwnerReference } from 'kubernetes-types/meta/v1.js';
import { isConflict, isNotFound } from '#kube/errors.ts';
import type { KubeObject, ResourceType } from '#kube/resource.ts';
import * as kinds from '#kube/resource.ts';
import { createWatcher, type Watcher } from '#kube/watcher.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import type { Controller, ControllerContext } from '../context.ts';
import { collectedKinds, customKind } from '../kinds.ts';
import {
  blocks,
  decideDependent,
  FOREGROUND,
  ORPHAN,
  type OwnerState,
  orphansDependents,
  waitsForDependents,
} from './decide.ts';
import { createGraph, type Graph, type GraphEntry } from './graph.ts';

export function startGarbageCollector(context: ControllerContext): Controller {
  const { client, log } = context;
  const graph = createGraph();
  const watchers = new Map<string, Watcher<KubeObject>>();
  const queue = createWorkQueue({
    name: 'garbage-collector',
    concurrency: 8,
    log,
    reconcile: (uid) => reconcile(context, graph, watchers, uid),
  });
  const follow = (kind: ResourceType<KubeObject>) => {
    const key = `${kinds.apiVersionOf(kind)}/${kind.kind}`;
    if (watchers.has(key)) return;
    const watcher = createWatcher(client, kind, { log });
    watchers.set(key, watcher);
    watcher.onChange(({ current, previous }) => {
      for (const uid of graph.update(kind, current, previous)) queue.add(uid);
    });
    watcher.start();
  };
  const definitions = createWatcher(client, kinds.customResourceDefinitions, { log });
  definitions.onChange(({ current }) => {
    for (const kind of current ? customKind(current) : []) follow(kind);
  });
  definitions.start();
  for (const kind of collectedKinds) follow(kind);
  return {
    async stop() {
      await Promise.all([definitions, ...watchers.values()].map((watcher) => watcher.stop()));
      await queue.stop();
    },
  };
}

async function reconcile(
  context: ControllerContext,
  graph: Graph,
  watchers: ReadonlyMap<string, Watcher<KubeObject>>,
  uid: string,
): Promise<void> {
  const entry = graph.get(uid);
  if (!entry) return;
  if (orphansDependents(entry.object)) return orphan(context, graph, entry);
  if (waitsForDependents(entry.object)) {
    const blocking = graph.dependentsOf(uid).some(({ object }) => blocks(object, uid));
    if (!blocking) await removeFinalizer(context, entry, FOREGROUND);
    return;
  }
  const owners = entry.object.metadata?.ownerReferences ?? [];
  const states = await Promise.all(owners.map((owner) => stateOf(context, graph, watchers, entry, owner)));
  const decision = decideDependent(entry.object, (owner) => states[owners.indexOf(owner)] ?? 'present');
  if (decision.action === 'delete') {
    const propagationPolicy = decision.foreground ? 'Foreground' : 'Background';
    await settled(
      context.client.delete(entry.kind, kinds.refOf(entry.object), {
        propagationPolicy,
        preconditions: { uid },
      }),
    );
  } else if (decision.ownerReferences) {
    await setOwners(context, entry, decision.ownerReferences);
  }
}

async function stateOf(
  { client }: ControllerContext,
  graph: Graph,
  watchers: ReadonlyMap<string, Watcher<KubeObject>>,
  dependent: GraphEntry,
  owner: OwnerReference,
): Promise<OwnerState> {
  const known = graph.get(owner.uid);
  if (known) return waitsForDependents(known.object) ? 'waiting' : 'present';
  const watcher = watchers.get(`${owner.apiVersion}/${owner.kind}`);
  const kind = graph.kindOf(owner.apiVersion, owner.kind);
  // An owner of a kind nobody serves may come back with its definition: never delete on ignorance.
  if (!watcher || !kind) return 'present';
  try {
    const namespace = kind.namespaced ? dependent.object.metadata?.namespace : undefined;
    const live = await client.get(kind, { namespace, name: owner.name });
    return live.metadata?.uid === owner.uid ? 'present' : 'absent';
  } catch (error) {
    if (isNotFound(error)) return 'absent';
    throw error;
  }
}

async function orphan(context: ControllerContext, graph: Graph, entry: GraphEntry): Promise<void> {
  const uid = entry.object.metadata?.uid ?? '';
  for (const dependent of graph.dependentsOf(uid)) {
    const others = (dependent.object.metadata?.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
    await setOwners(context, dependent, others);
  }
  await removeFinalizer(context, entry, ORPHAN);
}

async function setOwners(
  { client }: ControllerContext,
  { kind, object }: GraphEntry,
  ownerReferences: OwnerReference[],
): Promise<void> {
  const { uid, resourceVersion } = object.metadata ?? {};
  const body = { metadata: { uid, resourceVersion, ownerReferences } };
  await settled(client.patch(kind, kinds.refOf(object), body, { type: 'merge' }));
}

async function removeFinalizer(
  { client }: ControllerContext,
  entry: GraphEntry,
  finalizer: string,
): Promise<void> {
  const { uid, resourceVersion, finalizers = [] } = entry.object.metadata ?? {};
  const body = {
    metadata: { uid, resourceVersion, finalizers: finalizers.filter((item) => item !== finalizer) },
  };
  await settled(client.patch(entry.kind, kinds.refOf(entry.object), body, { type: 'merge' }));
}

/** Gone is what was wanted; a conflict means a newer version is on its way through the watch. */
async function settled(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
