/** This machine as a Node object, and its heartbeat. */
import { arch, cpus, hostname, type as osType, platform, release, totalmem } from 'node:os';
import type { Lease } from 'kubernetes-types/coordination/v1.js';
import type { Node, NodeCondition } from 'kubernetes-types/core/v1.js';
import type { KubeClient } from '#kube/client.ts';
import { type Clock, microTime } from '#kube/clock.ts';
import { isAlreadyExists, isConflict, isNotFound } from '#kube/errors.ts';
import { describeError, type Log } from '#kube/log.ts';
import { leases, namespaces, nodes } from '#kube/resource.ts';
import { VERSION } from '#kube/version.ts';

export const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const MAX_PODS = 250;
/** The Kubernetes version whose behaviour this node follows. */
const KUBELET_VERSION = `v1.35.0+catnap-${VERSION}`;
export const HOST_IP = '127.0.0.1';

const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

/** The object without what the API server adds. */
export function buildNode(name: string, port: number, now: string): Node {
  const os = platform() === 'darwin' ? 'darwin' : 'linux';
  const architecture = ARCHITECTURES[arch()] ?? arch();
  const resources = {
    cpu: String(cpus().length),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(MAX_PODS),
  };
  return {
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': os,
        'kubernetes.io/arch': architecture,
      },
    },
    spec: {},
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: HOST_IP },
        { type: 'Hostname', address: hostname() },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      conditions: nodeConditions(now),
      nodeInfo: {
        machineID: '',
        systemUUID: '',
        bootID: '',
        kernelVersion: release(),
        osImage: osType(),
        containerRuntimeVersion: `catnap://${VERSION}`,
        kubeletVersion: KUBELET_VERSION,
        kubeProxyVersion: '',
        operatingSystem: os,
        architecture,
      },
    },
  };
}

function nodeConditions(now: string): NodeCondition[] {
  const condition = (type: string, status: string, reason: string, message: string): NodeCondition => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return [
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'memory is not watched by this node'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'disk space is not watched by this node'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'process ids are not watched by this node'),
    condition('Ready', 'True', 'KubeletReady', 'the node starts pods as processes'),
  ];
}

/** Creates the Node, or brings the status of the one that is there up to date. */
export async function registerNode(client: KubeClient, node: Node): Promise<Node> {
  try {
    return await client.create(nodes, node);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const ref = { name: node.metadata?.name ?? '' };
  await client.patch(nodes, ref, { metadata: { labels: node.metadata?.labels } }, { type: 'merge' });
  return client.patch(nodes, ref, { status: node.status }, { type: 'merge', subresource: 'status' });
}

/** Renews the node's Lease until stopped. */
export function startHeartbeat(
  client: KubeClient,
  node: Node,
  { clock, log }: { clock: Clock; log: Log },
): { stop(): Promise<void> } {
  let stopped = false;
  let cancel = () => {};
  let beating: Promise<void> = Promise.resolve();
  const beat = () => {
    beating = renewLease(client, node, clock)
      .catch((error: unknown) => log.warn(describeError(error), 'cannot renew the node lease'))
      .then(() => {
        if (!stopped) cancel = clock.after(RENEW_MS, beat);
      });
  };
  beat();
  return {
    async stop() {
      stopped = true;
      cancel();
      await beating;
    },
  };
}

async function renewLease(client: KubeClient, node: Node, clock: Clock): Promise<void> {
  const name = node.metadata?.name ?? '';
  const renewTime = microTime(clock.now());
  const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime };
  try {
    await client.patch(leases, { namespace: LEASE_NAMESPACE, name }, { spec }, { type: 'merge' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await createLease(client, {
      metadata: {
        namespace: LEASE_NAMESPACE,
        name,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata?.uid ?? '' }],
      },
      spec,
    });
  }
}

async function createLease(client: KubeClient, lease: Lease): Promise<void> {
  try {
    await client.create(namespaces, { metadata: { name: LEASE_NAMESPACE } });
  } catch (error) {
    if (!isAlreadyExists(error) && !isConflict(error)) throw error;
  }
  await client.create(leases, lease);
}
