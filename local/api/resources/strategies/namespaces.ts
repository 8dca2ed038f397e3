import { type ApiObject, listAt, recordAt, without, withValueAt } from '../../core/objects.ts';
import { forbidden } from '../../core/status-error.ts';
import type { Strategy } from '../resource.ts';

const PROTECTED = new Set(['default', 'kube-system', 'kube-public']);
const NAME_LABEL = 'kubernetes.io/metadata.name';

export const namespaceStrategy: Partial<Strategy> = {
  returnsDeletedObject: true,
  prepareCreate: (namespace) => ({
    ...withNameLabel(namespace),
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }),
  prepareUpdate(next, live, subresource) {
    const spec = subresource === 'finalize' ? recordAt(next, 'spec') : recordAt(live, 'spec');
    return { ...withNameLabel(next), spec: spec ?? {} };
  },
  admitDelete({ metadata: { name } }) {
    if (!PROTECTED.has(name)) return;
    throw forbidden({ group: '', plural: 'namespaces' }, name, 'this namespace may not be deleted');
  },
  markTerminating: (namespace) => ({
    ...withValueAt(namespace, ['status', 'phase'], 'Terminating'),
    metadata: without(namespace.metadata, 'deletionGracePeriodSeconds'),
  }),
  heldBack: (namespace) => listAt(namespace, 'spec', 'finalizers').length > 0,
};

function withNameLabel(namespace: ApiObject): ApiObject {
  const { name, labels } = namespace.metadata;
  return { ...namespace, metadata: { ...namespace.metadata, labels: { ...labels, [NAME_LABEL]: name } } };
}
