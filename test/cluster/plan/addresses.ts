/**
 * Names and addresses of the test cluster. 198.18.0.0/15 is reserved for benchmarks (RFC 2544), so it meets no
 * network that a developer's machine is in.
 */
export const POD_RANGE = '198.18.0.0/16';
export const SERVICE_RANGE = '198.19.0.0/16';
/** Everything of the cluster: pods, nodes and Services. */
export const CLUSTER_RANGE = '198.18.0.0/15';
/** Nodes live at the end of the pods' /16, which no node's /24 of pods reaches. */
export const NODE_RANGE = '198.18.255.0/24';
/** Address of the Service `kubernetes` that the API server makes for itself. */
export const API_SERVICE = '198.19.0.1';
export const DNS_SERVICE = '198.19.0.10';
export const DOMAIN = 'cluster.local';
/** Bridge without ports that carries the nodes' addresses: the kernel may lack the `dummy` link type. */
export const NODE_LINK = 'catnap-nodes';

/** On the nodes' addresses only, so that they collide with nothing that listens on loopback. */
export const ports = {
  apiserver: 6443,
  controllerManager: 10257,
  scheduler: 10259,
  kubelet: 10250,
  kubeletHealth: 10248,
  proxyHealth: 10256,
  proxyMetrics: 10249,
  /** Loopback, with client certificates: pods must not reach it. */
  etcd: 23790,
  etcdPeer: 23800,
  /** Loopback, health and metrics only. */
  etcdHealth: 23810,
} as const;

export interface NodeAddresses {
  name: string;
  /** A /32 on {@link NODE_LINK}. */
  address: string;
  /** What host-local IPAM gives to this node's pods. */
  pods: string;
}

/** More would take more than this code: addresses end at .255 of their range, memory before that. */
export const MAX_NODES = 2;

/** Nodes are `node-1`, `node-2`; the first one carries the control plane. */
export function nodeAddresses(index: number): NodeAddresses {
  return { name: `node-${index + 1}`, address: `198.18.255.${index + 1}`, pods: `198.18.${index}.0/24` };
}

/** The node with the control plane, the name server and kube-proxy. */
export const controlPlane = nodeAddresses(0);

/** Every node that a cluster of this many has. */
export function planNodes(count: number): NodeAddresses[] {
  return Array.from({ length: count }, (_, index) => nodeAddresses(index));
}

export const API_URL = `https://${controlPlane.address}:${ports.apiserver}`;
