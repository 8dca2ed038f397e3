import { type ApiObject, isRecord, listAt, recordAt, stringAt } from '../core/objects.ts';
import { formatSelector } from '../requests/label-selector.ts';
import { age, labelText, orNone } from './format.ts';
import { column, type TableDefinition, wide } from './table.ts';

export const serviceTable: TableDefinition = {
  columns: [
    column('Name'),
    column('Type'),
    column('Cluster-IP'),
    column('External-IP'),
    column('Port(s)'),
    column('Age'),
    wide('Selector'),
  ],
  cells: (it, now) => [
    it.metadata.name,
    stringAt(it, 'spec', 'type') ?? 'ClusterIP',
    orNone(stringAt(it, 'spec', 'clusterIP')),
    externalAddress(it),
    servicePorts(it),
    age(it, now),
    labelText(recordAt(it, 'spec', 'selector')),
  ],
};

function externalAddress(service: ApiObject): string {
  const type = stringAt(service, 'spec', 'type');
  if (type === 'ExternalName') return orNone(stringAt(service, 'spec', 'externalName'));
  const external = listAt(service, 'spec', 'externalIPs').map(String);
  const balancer = listAt(service, 'status', 'loadBalancer', 'ingress').map(
    (it) => stringAt(it, 'ip') ?? stringAt(it, 'hostname') ?? '',
  );
  const addresses = type === 'LoadBalancer' ? [...balancer, ...external] : external;
  if (addresses.length > 0) return addresses.join(',');
  return type === 'LoadBalancer' ? '<pending>' : '<none>';
}

function servicePorts(service: ApiObject): string {
  const ports = listAt(service, 'spec', 'ports').filter(isRecord);
  if (ports.length === 0) return '<none>';
  return ports
    .map((it) => `${it.port}${it.nodePort ? `:${it.nodePort}` : ''}/${it.protocol ?? 'TCP'}`)
    .join(',');
}

/** At most three of the texts, then how many more there are. */
function firstOnes(texts: string[], limit: number): string {
  if (texts.length === 0) return '<none>';
  const shown = texts.slice(0, limit).join(',');
  return texts.length > limit ? `${shown} + ${texts.length - limit} more...` : shown;
}

export const endpointsTable: TableDefinition = {
  columns: [column('Name'), column('Endpoints'), column('Age')],
  cells(it, now) {
    const texts = listAt(it, 'subsets').flatMap((subset) =>
      listAt(subset, 'ports').flatMap((port) =>
        listAt(subset, 'addresses').map((at) => `${stringAt(at, 'ip')}:${isRecord(port) ? port.port : ''}`),
      ),
    );
    return [it.metadata.name, firstOnes(texts, 3), age(it, now)];
  },
};

export const endpointSliceTable: TableDefinition = {
  columns: [column('Name'), column('AddressType'), column('Ports'), column('Endpoints'), column('Age')],
  cells(it, now) {
    const ports = listAt(it, 'ports').map((port) => String((isRecord(port) && port.port) || '*'));
    const addresses = listAt(it, 'endpoints').flatMap((endpoint) =>
      listAt(endpoint, 'addresses').map(String),
    );
    return [
      it.metadata.name,
      stringAt(it, 'addressType') ?? '',
      ports.length > 0 ? firstOnes(ports, 3) : '<unset>',
      addresses.length > 0 ? firstOnes(addresses, 3) : '<unset>',
      age(it, now),
    ];
  },
};

export const networkPolicyTable: TableDefinition = {
  columns: [column('Name'), column('Pod-Selector'), column('Age')],
  cells: (it, now) => [it.metadata.name, formatSelector(recordAt(it, 'spec', 'podSelector')), age(it, now)],
};
