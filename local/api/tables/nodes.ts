import { type ApiObject, isRecord, listAt, stringAt } from '../core/objects.ts';
import { age } from './format.ts';
import { column, type TableDefinition, wide } from './table.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';

export const nodeTable: TableDefinition = {
  columns: [
    column('Name'),
    column('Status'),
    column('Roles'),
    column('Age'),
    column('Version'),
    wide('Internal-IP'),
    wide('External-IP'),
    wide('OS-Image'),
    wide('Kernel-Version'),
    wide('Container-Runtime'),
  ],
  cells(node, now) {
    const info = (field: string) => stringAt(node, 'status', 'nodeInfo', field) || '<unknown>';
    return [
      node.metadata.name,
      statusText(node),
      roles(node),
      age(node, now),
      stringAt(node, 'status', 'nodeInfo', 'kubeletVersion') ?? '',
      address(node, 'InternalIP'),
      address(node, 'ExternalIP'),
      info('osImage'),
      info('kernelVersion'),
      info('containerRuntimeVersion'),
    ];
  },
};

function statusText(node: ApiObject): string {
  const ready = listAt(node, 'status', 'conditions').find((it) => isRecord(it) && it.type === 'Ready');
  if (!ready) return withScheduling('Unknown', node);
  return withScheduling(stringAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady', node);
}

function withScheduling(text: string, node: ApiObject): string {
  const unschedulable = isRecord(node.spec) && node.spec.unschedulable === true;
  return unschedulable ? `${text},SchedulingDisabled` : text;
}

function roles(node: ApiObject): string {
  const labels = node.metadata.labels ?? {};
  const names = Object.keys(labels)
    .filter((key) => key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length)
    .map((key) => key.slice(ROLE_PREFIX.length));
  const legacy = labels['kubernetes.io/role'];
  if (legacy) names.push(legacy);
  return names.length > 0 ? names.sort().join(',') : '<none>';
}

function address(node: ApiObject, type: string): string {
  const found = listAt(node, 'status', 'addresses').find((it) => isRecord(it) && it.type === type);
  return stringAt(found, 'address') ?? '<none>';
}
