import { type ApiObject, isRecord, listAt, recordAt, stringAt, withValueAt } from '../../core/objects.ts';
import type { Store } from '../../storage/store.ts';
import type { Strategy } from '../resource.ts';

/** The range of cluster addresses is the one kubeadm uses: 10.96.0.0/16. */
const NETWORK = '10.96';
const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;

export const serviceStrategy: Partial<Strategy> = {
  statusTakesMetadata: true,
  returnsDeletedObject: true,
  prepareCreate: (service, { store }) => {
    const addressed = withNodePorts(withClusterAddress(service, store), store);
    return { ...addressed, status: { loadBalancer: {} } };
  },
  prepareUpdate: (next, live) => keepAddress(next, live),
};

function needsAddress(service: ApiObject): boolean {
  return stringAt(service, 'spec', 'type') !== 'ExternalName';
}

function withClusterAddress(service: ApiObject, store: Store): ApiObject {
  if (!needsAddress(service)) return service;
  const address = stringAt(service, 'spec', 'clusterIP') || freeAddress(store);
  const spec = {
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ...recordAt(service, 'spec'),
    clusterIP: address,
    clusterIPs: [address],
  };
  return { ...service, spec };
}

function freeAddress(store: Store): string {
  const taken = new Set(store.list('services', '').map((it) => stringAt(it, 'spec', 'clusterIP')));
  // 0.0 is the network and 0.1 belongs to the API itself.
  for (let host = 2; host < 65_535; host++) {
    const address = `${NETWORK}.${host >> 8}.${host & 255}`;
    if (!taken.has(address)) return address;
  }
  throw new Error(`no free cluster address left in ${NETWORK}.0.0/16`);
}

function withNodePorts(service: ApiObject, store: Store): ApiObject {
  const type = stringAt(service, 'spec', 'type');
  if (type !== 'NodePort' && type !== 'LoadBalancer') return service;
  const taken = new Set(
    store
      .list('services', '')
      .flatMap((it) => listAt(it, 'spec', 'ports'))
      .map((it) => (isRecord(it) ? it.nodePort : undefined)),
  );
  let candidate = FIRST_NODE_PORT;
  const ports = listAt(service, 'spec', 'ports').map((port) => {
    if (!isRecord(port) || port.nodePort) return port;
    while (taken.has(candidate)) candidate += 1;
    if (candidate > LAST_NODE_PORT) throw new Error('no free node port left');
    taken.add(candidate);
    return { ...port, nodePort: candidate };
  });
  return withValueAt(service, ['spec', 'ports'], ports);
}

/** A writer that leaves the address out means the one there is. */
function keepAddress(next: ApiObject, live: ApiObject): ApiObject {
  const spec = recordAt(next, 'spec') ?? {};
  if (spec.clusterIP || !needsAddress(next)) return next;
  const { clusterIP, clusterIPs } = recordAt(live, 'spec') ?? {};
  return { ...next, spec: { ...spec, clusterIP, clusterIPs } };
}
