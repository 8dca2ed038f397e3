/** A real Kubernetes on this machine, for tests. See README.md beside this file. */
import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startCluster, startIfStopped, startNode } from './bring-up.ts';
import { kubernetesChains, savedRules } from './host/iptables.ts';
import { conflictingRoutes } from './host/network.ts';
import { importImages } from './image/load.ts';
import { allParts, type Part } from './parts.ts';
import { planNodes } from './plan/addresses.ts';
import { cacheDirectory, DIRECTORY, files, nodeFiles } from './plan/files.ts';
import { clusterPrerequisite } from './prerequisites.ts';
import { crashed, terminate } from './process/daemon.ts';
import { withLock } from './process/lock.ts';
import { buildBinaries } from './setup/binaries.ts';
import { installPackages } from './setup/packages.ts';
import { openDirectory, readState, writeState } from './state.ts';
import { removeCluster } from './tear-down.ts';

export interface ClusterNode {
  name: string;
  address: string;
  /** Of the node's container runtime. */
  containerdSocket: string;
}

export interface ClusterInfo {
  /** Path of a kubeconfig with all rights. */
  kubeconfig: string;
  nodes: ClusterNode[];
  /** Everything that the cluster writes. */
  directory: string;
}

type Say = (line: string) => void;

/**
 * The cluster that came up completely, also when some of its parts are stopped; undefined when there is
 * none.
 */
export async function runningCluster(): Promise<ClusterInfo | undefined> {
  const state = await readState();
  return state && infoOf(state.nodes);
}

/**
 * Brings the cluster up; one that runs already gets its stopped parts started and a missing node added,
 * and keeps a node more than asked for. What a cluster that never came up left is removed first.
 *
 * @throws Error with one sentence when this machine cannot run it, or the end of a log when a part does not start
 */
export async function upCluster(options: { nodes: 1 | 2; say: Say }): Promise<ClusterInfo> {
  const problem = await clusterPrerequisite();
  if (problem) throw new Error(problem);
  const say = timed(options.say);
  return withLock(say, async () => {
    await installPackages(say);
    await buildBinaries(say);
    const state = await readState();
    if (state) await complete(state.nodes, say);
    else await startAfresh(say);
    for (let index = state?.nodes ?? 1; index < options.nodes; index++) {
      await startNode(index, say);
      await writeState(index + 1);
    }
    const info = infoOf(Math.max(options.nodes, state?.nodes ?? 1));
    say(`up: ${info.nodes.map(({ name }) => name).join(' and ')}`);
    return info;
  });
}

/** Every line with the seconds since the start. */
function timed(say: Say): Say {
  const started = performance.now();
  return (line) => say(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);
}

async function complete(nodes: number, say: Say): Promise<void> {
  for (const part of allParts(planNodes(nodes))) await startIfStopped(part);
  say('runs already');
}

async function startAfresh(say: Say): Promise<void> {
  if (existsSync(DIRECTORY)) say('removing what an earlier cluster left');
  await removeCluster(say);
  await refuseConflicts();
  await openDirectory();
  try {
    await startCluster(say);
    await writeState(1);
  } catch (error) {
    const logs = join(cacheDirectory(), 'failed-logs');
    await rm(logs, { recursive: true, force: true });
    await mkdir(cacheDirectory(), { recursive: true });
    await cp(files.logs, logs, { recursive: true }).catch(() => {});
    await removeCluster(say);
    throw new Error(`${(error as Error).message}\n(all logs of this attempt: ${logs})`, { cause: error });
  }
}

async function refuseConflicts(): Promise<void> {
  if (kubernetesChains(await savedRules()).length > 0) {
    throw new Error(
      'There are iptables chains named KUBE-*: another Kubernetes runs on this machine, or left them; remove it first.',
    );
  }
  const routes = await conflictingRoutes();
  if (routes.length > 0) {
    throw new Error(`The test cluster's addresses are taken on this machine: ${routes.join(', ')}.`);
  }
}

/** Leaves nothing of the cluster, however much of it there is. */
export async function downCluster(say: Say): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('Only root can take the test cluster down.');
  const line = timed(say);
  await withLock(line, () => removeCluster(line));
}

/** Makes the images of an oci-archive or docker-archive file known to every node. */
export async function loadImage(archive: string): Promise<void> {
  const { nodes } = await required();
  await importImages(
    archive,
    nodes.map(({ containerdSocket }) => containerdSocket),
  );
}

/**
 * Ends a part as a crash of its machine's service would: SIGTERM, SIGKILL after 5 s. Parts are apiserver,
 * controller-manager, scheduler, etcd, dns, provisioner, proxy-node-1, kubelet-NODE and containerd-NODE;
 * pods go on running.
 */
export async function stopPart(name: string): Promise<void> {
  await terminate((await partNamed(name)).name);
}

/**
 * Starts a stopped part with the same arguments, and waits until it can be used. Other parts that ended by
 * themselves are started too, as a machine's service manager does: the controller-manager, for one, ends
 * when it starts while there is no API server.
 */
export async function startPart(name: string): Promise<void> {
  await startIfStopped(await partNamed(name));
  for (const part of await parts()) if (await crashed(part.name)) await startIfStopped(part);
}

async function parts(): Promise<Part[]> {
  return allParts(planNodes((await required()).nodes.length));
}

async function partNamed(name: string): Promise<Part> {
  const all = await parts();
  const part = all.find((candidate) => candidate.name === name);
  if (!part) {
    throw new Error(`no part "${name}"; there are ${all.map((candidate) => candidate.name).join(', ')}`);
  }
  return part;
}

async function required(): Promise<ClusterInfo> {
  const info = await runningCluster();
  if (!info) throw new Error('No test cluster runs: "npm run cluster -- up" starts one.');
  return info;
}

function infoOf(count: number): ClusterInfo {
  const nodes = planNodes(count).map(({ name, address }) => ({
    name,
    address,
    containerdSocket: nodeFiles(name).containerdSocket,
  }));
  return { kubeconfig: files.kubeconfig, nodes, directory: DIRECTORY };
}
