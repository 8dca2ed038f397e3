/** Binds pods without a node to the first node that is ready: the embedded cluster has one. */
import type { Binding, Pod } from 'kubernetes-types/core/v1.js';
import { isConflict, isNotFound } from '#kube/errors.ts';
import * as kinds from '#kube/resource.ts';
import { schedulingGates } from '#kube/scheduling-gates.ts';
import { createWatcher } from '#kube/watcher.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import type { Controller, ControllerContext } from './context.ts';

const bindings = kinds.resourceType<Binding>('v1', 'Binding', 'pods');

export function startScheduler(context: ControllerContext): Controller {
  const { client, caches, log } = context;
  const nodes = createWatcher(client, kinds.nodes, { log });
  const queue = createWorkQueue({
    name: 'scheduler',
    concurrency: 16,
    log,
    reconcile: async (key) => {
      const [namespace = '', name = ''] = key.split('/');
      const pod = caches.pods.get(namespace, name);
      const node = nodes.list().find((candidate) => !candidate.spec?.unschedulable);
      if (!pod || !needsNode(pod) || !node) return;
      await bind(context, pod, node.metadata?.name ?? '');
    },
  });
  caches.pods.onChange(({ key, current }) => {
    if (current && needsNode(current)) queue.add(key);
  });
  nodes.onChange(() => {
    for (const pod of caches.pods.list()) if (needsNode(pod)) queue.add(kinds.objectKey(pod));
  });
  nodes.start();
  return {
    async stop() {
      await nodes.stop();
      await queue.stop();
    },
  };
}

function needsNode(pod: Pod): boolean {
  const isGated = schedulingGates(pod).length > 0;
  return !isGated && !pod.spec?.nodeName && pod.metadata?.deletionTimestamp === undefined;
}

async function bind({ client }: ControllerContext, pod: Pod, nodeName: string): Promise<void> {
  const { namespace, name, uid } = pod.metadata ?? {};
  const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
  try {
    await client.create(bindings, { metadata: { namespace, name, uid }, target }, { subresource: 'binding' });
  } catch (error) {
    // Bound or deleted meanwhile: the watch brings the news.
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
