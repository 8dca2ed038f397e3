/** Gives every namespace its ServiceAccount `default`. */
import { isAlreadyExists, isKubeError, isNotFound } from '#kube/errors.ts';
import * as kinds from '#kube/resource.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import type { Controller, ControllerContext } from './context.ts';

export function startServiceAccountController({ client, caches, log }: ControllerContext): Controller {
  const { namespaces, serviceAccounts } = caches;
  const queue = createWorkQueue({
    name: 'serviceaccount',
    concurrency: 2,
    log,
    reconcile: async (namespace) => {
      const active = namespaces.get('', namespace)?.metadata?.deletionTimestamp === undefined;
      if (!namespaces.get('', namespace) || !active || serviceAccounts.get(namespace, 'default')) return;
      try {
        await client.create(kinds.serviceAccounts, { metadata: { namespace, name: 'default' } });
      } catch (error) {
        const terminating = isKubeError(error) && error.reason === 'Forbidden';
        if (!isAlreadyExists(error) && !isNotFound(error) && !terminating) throw error;
      }
    },
  });
  namespaces.onChange(({ key }) => queue.add(key));
  serviceAccounts.onChange(({ previous, current }) => {
    if (previous && !current) queue.add(previous.metadata?.namespace ?? '');
  });
  return { stop: () => queue.stop() };
}
