/** Empties namespaces that are being deleted, then lets them go. */
import type { Namespace } from 'kubernetes-types/core/v1.js';
import { isConflict, isNotFound } from '#kube/errors.ts';
import * as kinds from '#kube/resource.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import type { Controller, ControllerContext } from './context.ts';
import { namespacedKinds } from './kinds.ts';

const RETRY_MS = 200;

export function startNamespaceController(context: ControllerContext): Controller {
  const { namespaces } = context.caches;
  const queue = createWorkQueue({
    name: 'namespace',
    concurrency: 2,
    log: context.log,
    reconcile: async (name) => {
      const namespace = namespaces.get('', name);
      if (namespace?.metadata?.deletionTimestamp === undefined) return;
      if ((await deleteContent(context, name)) > 0) return { requeueAfterMs: RETRY_MS };
      await finalize(context, namespace);
    },
  });
  namespaces.onChange(({ key }) => queue.add(key));
  return { stop: () => queue.stop() };
}

/** Asks for the deletion of everything in the namespace; resolves to how much is still there. */
async function deleteContent({ client }: ControllerContext, namespace: string): Promise<number> {
  let left = 0;
  for (const kind of await namespacedKinds(client)) {
    const { items } = await client.list(kind, { namespace });
    left += items.length;
    const remaining = items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
    await Promise.all(
      remaining.map((object) =>
        client
          .delete(kind, kinds.refOf(object), { propagationPolicy: 'Background' })
          .catch((error: unknown) => {
            if (!isNotFound(error) && !isConflict(error)) throw error;
          }),
      ),
    );
  }
  return left;
}

async function finalize({ client }: ControllerContext, namespace: Namespace): Promise<void> {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
  try {
    await client.update(
      kinds.namespaces,
      { ...namespace, spec: { ...namespace.spec, finalizers } },
      { subresource: 'finalize' },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
