import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where the cluster keeps everything it writes. Fixed, since addresses are too: a machine runs at most
 * one. Short, since sockets below it must fit in 108 bytes.
 */
export const DIRECTORY = '/var/lib/catnap-cluster';

/** Compiled programs and images outlive the cluster here; `CATNAP_CLUSTER_CACHE` names another directory. */
export function cacheDirectory(): string {
  const standard = fileURLToPath(new URL('../../../node_modules/.cache/catnap/cluster', import.meta.url));
  return process.env.CATNAP_CLUSTER_CACHE || standard;
}

export const files = {
  state: join(DIRECTORY, 'cluster.json'),
  /** What the machine was like before, for `down`. */
  before: join(DIRECTORY, 'before.json'),
  kubeconfig: join(DIRECTORY, 'kubeconfig'),
  bin: join(DIRECTORY, 'bin'),
  pki: join(DIRECTORY, 'pki'),
  config: join(DIRECTORY, 'config'),
  logs: join(DIRECTORY, 'logs'),
  pids: join(DIRECTORY, 'pids'),
  etcd: join(DIRECTORY, 'etcd'),
  volumes: join(DIRECTORY, 'volumes'),
} as const;

export const pkiFile = (name: string) => join(files.pki, name);
export const configFile = (name: string) => join(files.config, name);

export interface NodeFiles {
  root: string;
  kubelet: string;
  podLogs: string;
  containerdRoot: string;
  containerdState: string;
  containerdSocket: string;
  cni: string;
  /** host-local's record of the addresses it gave out. */
  addresses: string;
}

export function nodeFiles(node: string): NodeFiles {
  const root = join(DIRECTORY, node);
  return {
    root,
    kubelet: join(root, 'kubelet'),
    podLogs: join(root, 'pods'),
    containerdRoot: join(root, 'containerd'),
    containerdState: join(root, 'run'),
    containerdSocket: join(root, 'containerd.sock'),
    cni: join(root, 'cni'),
    addresses: join(root, 'addresses'),
  };
}
