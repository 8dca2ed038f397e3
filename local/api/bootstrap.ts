/** What exists in every cluster from the start. */
import type { WriteContext } from './writes/context.ts';
import { createNow } from './writes/create.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Makes the namespaces that a restored store does not have yet. */
export function bootstrap(context: WriteContext): void {
  const resource = context.registry.find('', 'v1', 'namespaces');
  if (!resource) throw new Error('namespaces are not served');
  for (const name of NAMESPACES) {
    if (context.store.get(resource.bucket, name)) continue;
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    createNow(context, resource, undefined, namespace, { dryRun: false, fieldManager: 'kube-apiserver' });
  }
}
