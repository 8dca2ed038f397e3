/** From an empty machine to a cluster that runs pods, and from one node to two. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { isNotFound } from '#kube/errors.ts';
import { loadKubeConfig } from '#kube/kube-config.ts';
import { nodes as nodeType, pods } from '#kube/resource.ts';
import { waitFor } from '#local/up/wait-for.ts';
import { PAUSE_IMAGE } from './config/containerd.ts';
import { addNodeAddress, createNodeLink } from './host/network.ts';
import { enableForwarding } from './host/sysctls.ts';
import { importImages, pauseArchive } from './image/load.ts';
import { controlPlaneParts, nodeParts, type Part } from './parts.ts';
import { type NodeAddresses, nodeAddresses } from './plan/addresses.ts';
import { files, nodeFiles } from './plan/files.ts';
import { launch, pidOf } from './process/daemon.ts';
import { whenReady } from './process/probe.ts';
import { placeBinaries } from './setup/binaries.ts';
import { configureControlPlane, configureNode } from './setup/configure.ts';
import { applyObjects } from './setup/objects.ts';
import { createPki } from './setup/pki.ts';

type Say = (line: string) => void;

const NODE_READY_MS = 60_000;
const POD_RUNS_MS = 60_000;

/** The control plane and the first node, on a machine where nothing of a cluster is left. */
export async function startCluster(say: Say): Promise<void> {
  await placeBinaries();
  await createPki();
  await configureControlPlane();
  await createNodeLink();
  await enableForwarding();
  // Whatever fails, nothing may be starting any more when the caller cleans up.
  const settled = await Promise.allSettled([startControlPlane(say), startRuntime(nodeAddresses(0))]);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  await startNode(0, say);
}

async function startControlPlane(say: Say): Promise<void> {
  const [etcd, apiserver, ...others] = controlPlaneParts() as [Part, Part, ...Part[]];
  await startIfStopped(etcd);
  await startIfStopped(apiserver);
  say('API server ready');
  await withClient((client) =>
    // The API server's own namespaces appear a moment after it is ready.
    waitFor(() => applyObjects(client).then(() => true), {
      timeoutMs: 20_000,
      describe: 'the first objects',
    }),
  );
  await startAll(others);
  say('controllers, scheduler and name server ready');
}

/** Adds a node and waits until it has run a pod. */
export async function startNode(index: number, say: Say): Promise<void> {
  const node = nodeAddresses(index);
  await startRuntime(node);
  await startAll(nodeParts(node));
  await withClient(async (client) => {
    await waitFor(() => isReady(client, node.name), {
      timeoutMs: NODE_READY_MS,
      describe: `${node.name} to be ready`,
    });
    say(`${node.name} ready`);
    await runPod(client, node.name);
    say(`${node.name} runs pods`);
  });
}

/** The part of a node that needs no control plane. */
async function startRuntime(node: NodeAddresses): Promise<void> {
  await addNodeAddress(node.address);
  await configureNode(node);
  await startIfStopped(nodeParts(node)[0] as Part);
  await importImages(await pauseArchive(), [nodeFiles(node.name).containerdSocket]);
}

async function startAll(parts: Part[]): Promise<void> {
  const settled = await Promise.allSettled(parts.map(startIfStopped));
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
}

/** Starts the part unless it runs, and waits until it can be used. */
export async function startIfStopped(part: Part): Promise<void> {
  if ((await pidOf(part.name)) === undefined) await launch(part);
  await whenReady(part);
}

async function withClient<T>(work: (client: KubeClient) => Promise<T>): Promise<T> {
  const kubeConfig = loadKubeConfig({ file: files.kubeconfig });
  const client = createKubeClient({ component: 'test-cluster', kubeConfig });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function isReady(client: KubeClient, name: string): Promise<boolean> {
  const node = await client.get(nodeType, { name });
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** Proves that images, cgroups and the network of the node work. */
async function runPod(client: KubeClient, node: string): Promise<void> {
  const ref = { namespace: 'kube-system', name: `catnap-first-pod-${node}` };
  const wait = { timeoutMs: POD_RUNS_MS, describe: `a pod to run on ${node}` };
  await waitFor(() => client.create(pods, probePod(ref, node)), wait);
  await waitFor(async () => (await client.get(pods, ref)).status?.phase === 'Running', wait);
  await client.delete(pods, ref, { gracePeriodSeconds: 0 }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

function probePod(metadata: { namespace: string; name: string }, node: string): Pod {
  return {
    metadata,
    spec: {
      nodeName: node,
      automountServiceAccountToken: false,
      containers: [{ name: 'pause', image: PAUSE_IMAGE, imagePullPolicy: 'Never' }],
    },
  };
}
