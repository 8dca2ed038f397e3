import type { NodeAddresses } from '../plan/addresses.ts';

/** Prefix of all network names, by which `down` recognises what the CNI library keeps of them. */
export const NETWORK_PREFIX = 'catnap-';

/**
 * The network of one node's pods: a veth pair each, routed by the host. Unlike behind a bridge, packets
 * between pods of one node pass the host's own routing, so that Service addresses work between them (and
 * from a pod to itself) without br_netfilter. Nothing rewrites source addresses (no ipMasq), so pods have
 * no way out of the machine.
 */
export function cniConfig(node: NodeAddresses, addresses: string): string {
  return JSON.stringify(
    {
      cniVersion: '0.4.0',
      name: `${NETWORK_PREFIX}${node.name}`,
      plugins: [
        {
          type: 'ptp',
          ipMasq: false,
          ipam: {
            type: 'host-local',
            dataDir: addresses,
            ranges: [[{ subnet: node.pods }]],
            routes: [{ dst: '0.0.0.0/0' }],
          },
        },
        // For hostPort; the source address stays what it is here too.
        { type: 'portmap', capabilities: { portMappings: true }, snat: false },
      ],
    },
    null,
    2,
  );
}
