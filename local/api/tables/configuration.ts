import { type ApiObject, isRecord, listAt, recordAt, stringAt } from '../core/objects.ts';
import { age } from './format.ts';
import { column, type TableDefinition, wide } from './table.ts';

const size = (object: ApiObject, ...fields: string[]) =>
  fields.reduce((sum, field) => sum + Object.keys(recordAt(object, field) ?? {}).length, 0);

export const namespaceTable: TableDefinition = {
  columns: [column('Name'), column('Status'), column('Age')],
  cells: (it, now) => [it.metadata.name, stringAt(it, 'status', 'phase') ?? '', age(it, now)],
};

export const configMapTable: TableDefinition = {
  columns: [column('Name'), column('Data'), column('Age')],
  cells: (it, now) => [it.metadata.name, size(it, 'data', 'binaryData'), age(it, now)],
};

export const secretTable: TableDefinition = {
  columns: [column('Name'), column('Type'), column('Data'), column('Age')],
  cells: (it, now) => [it.metadata.name, stringAt(it, 'type') ?? 'Opaque', size(it, 'data'), age(it, now)],
};

export const serviceAccountTable: TableDefinition = {
  columns: [column('Name'), column('Secrets'), column('Age')],
  cells: (it, now) => [it.metadata.name, listAt(it, 'secrets').length, age(it, now)],
};

export const leaseTable: TableDefinition = {
  columns: [column('Name'), column('Holder'), column('Age')],
  cells: (it, now) => [it.metadata.name, stringAt(it, 'spec', 'holderIdentity') ?? '', age(it, now)],
};

export const claimTable: TableDefinition = {
  columns: [
    column('Name'),
    column('Status'),
    column('Volume'),
    column('Capacity'),
    column('Access Modes'),
    column('StorageClass'),
    column('VolumeAttributesClass'),
    column('Age'),
    wide('VolumeMode'),
  ],
  cells: (it, now) => [
    it.metadata.name,
    it.metadata.deletionTimestamp ? 'Terminating' : (stringAt(it, 'status', 'phase') ?? ''),
    stringAt(it, 'spec', 'volumeName') ?? '',
    stringAt(it, 'status', 'capacity', 'storage') ?? '',
    listAt(it, 'status', 'accessModes').map(shortAccessMode).join(','),
    stringAt(it, 'spec', 'storageClassName') ?? '',
    stringAt(it, 'spec', 'volumeAttributesClassName') ?? '<unset>',
    age(it, now),
    stringAt(it, 'spec', 'volumeMode') ?? '<unset>',
  ],
};

function shortAccessMode(mode: unknown): string {
  return String(mode).replace(/[a-z]/g, '');
}

export const roleTable: TableDefinition = {
  columns: [column('Name'), column('Created At')],
  cells: (it) => [it.metadata.name, it.metadata.creationTimestamp ?? ''],
};

export const roleBindingTable: TableDefinition = {
  columns: [
    column('Name'),
    column('Role'),
    column('Age'),
    wide('Users'),
    wide('Groups'),
    wide('ServiceAccounts'),
  ],
  cells: (it, now) => [
    it.metadata.name,
    `${stringAt(it, 'roleRef', 'kind') ?? ''}/${stringAt(it, 'roleRef', 'name') ?? ''}`,
    age(it, now),
    subjects(it, 'User'),
    subjects(it, 'Group'),
    subjects(it, 'ServiceAccount'),
  ],
};

function subjects(binding: ApiObject, kind: string): string {
  return listAt(binding, 'subjects')
    .filter(isRecord)
    .filter((it) => it.kind === kind)
    .map((it) => (it.namespace ? `${it.namespace}/${it.name}` : String(it.name)))
    .join(', ');
}

export const definitionTable: TableDefinition = {
  columns: [column('Name'), column('Created At')],
  cells: (it) => [it.metadata.name, it.metadata.creationTimestamp ?? ''],
};
