import { type ApiObject, stringAt } from '../core/objects.ts';
import { forbidden, notFound } from '../core/status-error.ts';
import type { Resource } from '../resources/resource.ts';
import type { Store } from '../storage/store.ts';

const NAMESPACES = { group: '', plural: 'namespaces' };

/** @throws StatusError 404 when the object's namespace is absent, 403 when it is being deleted */
export function admitToNamespace(store: Store, resource: Resource, object: ApiObject): void {
  const { namespace, name } = object.metadata;
  if (!resource.namespaced || !namespace) return;
  const home = store.get('namespaces', namespace);
  if (!home) throw notFound(NAMESPACES, namespace);
  if (!home.metadata.deletionTimestamp && stringAt(home, 'status', 'phase') !== 'Terminating') return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(resource, name, why, [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ]);
}
