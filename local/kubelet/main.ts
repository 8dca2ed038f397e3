/**
 * The kubelet of the embedded cluster: registers this machine as a node and runs the pods bound to it as
 * child processes.
 *
 * Observes Pods of its node, ConfigMaps and Secrets. Writes its Node and Lease, the status of its pods, their
 * deletion when they have ended, and Events.
 */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Logger } from 'pino';
import type { KubeClient } from '#kube/client.ts';
import { kubeTime, systemClock } from '#kube/clock.ts';
import { createEventRecorder } from '#kube/events.ts';
import { pods } from '#kube/resource.ts';
import { createWatcher } from '#kube/watcher.ts';
import { podAddresses } from './addresses.ts';
import type { LocalImages } from './images.ts';
import { startKubeletServer } from './logs/server.ts';
import { buildNode, HOST_IP, registerNode, startHeartbeat } from './node.ts';
import { PodSet } from './pod/pod-set.ts';
import { startContainerRuntime } from './runtime/runtime.ts';
import type { NodeServices } from './services.ts';
import { createSourceReader } from './sources.ts';

const STOP_GRACE_MS = 3_000;
const EVENT_DELAY_MS = 50;

export interface KubeletOptions {
  client: KubeClient;
  nodeName: string;
  /** Holds what pods have on disk; created when absent. */
  rootDir: string;
  images: LocalImages;
  log: Logger;
  /** Ends the start early; use `stop` afterwards. */
  signal?: AbortSignal;
}

export interface Kubelet {
  /** Where container logs are served, and the bearer token that requests must carry. */
  server: { port: number; token: string };
  /** Ends all pods' processes, by force after 3 s, and everything else. */
  stop(): Promise<void>;
}

/** Resolves when the node is registered and takes pods. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { client, nodeName, images, log, signal } = options;
  const rootDir = resolve(options.rootDir);
  const addresses = podAddresses(Math.floor(Math.random() * 2 ** 22));
  await requireLoopbackRange(addresses.allocate() ?? '');
  await mkdir(rootDir, { recursive: true, mode: 0o700 });

  const cleanups: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    const events = createEventRecorder(client, 'kubelet', { log, instance: nodeName });
    cleanups.push(() => events.stop(500));
    const runtime = await startContainerRuntime({ recordDir: join(rootDir, 'processes'), log });
    cleanups.push(() => runtime.stop(STOP_GRACE_MS));
    const sources = createSourceReader(client, log);
    cleanups.push(() => sources.stop());

    const services: NodeServices = {
      client,
      clock: systemClock,
      log,
      runtime,
      sources,
      images,
      addresses,
      node: {
        nodeName,
        hostIp: HOST_IP,
        capacity: { cpu: cpus().length, memoryBytes: totalmem() },
      },
      rootDir,
      path: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
      // People read events; what pods wait for goes first.
      record: (regarding, event) => {
        setTimeout(() => events.record(regarding, event), EVENT_DELAY_MS).unref();
      },
    };
    const podSet = new PodSet(services);
    cleanups.push(async () => podSet.stop());

    const server = await startKubeletServer({
      find: (namespace, name, container, query) => podSet.findLog(namespace, name, container, query),
      clock: systemClock,
      log,
    });
    cleanups.push(() => server.stop());
    const node = await registerNode(client, buildNode(nodeName, server.port, kubeTime(Date.now())));
    const heartbeat = startHeartbeat(client, node, services);
    cleanups.push(() => heartbeat.stop());

    sources.onChange((change) => podSet.sourceChanged(change));
    sources.start();
    const watcher = createWatcher(client, pods, { fieldSelector: `spec.nodeName=${nodeName}`, log });
    cleanups.push(() => watcher.stop());
    watcher.onChange(({ key, current }) => podSet.observe(key, current));
    watcher.start();
    await Promise.all([watcher.whenSynced(signal), sources.whenSynced(signal)]);
    await removeStaleDirectories(rootDir, watcher.list());
    return { server: { port: server.port, token: server.token }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Some systems, macOS among them, answer on 127.0.0.1 alone until told otherwise. */
async function requireLoopbackRange(address: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port: 0 }, resolve);
  }).catch((error: Error) => {
    throw new Error(
      `cannot listen on ${address}: each pod needs a loopback address of 127.64.0.0/10; on macOS add some with "sudo ifconfig lo0 alias ADDRESS"`,
      { cause: error },
    );
  });
  await new Promise((resolve) => server.close(resolve));
}

/** Removes what pods left on disk that were deleted while the node was down. */
async function removeStaleDirectories(rootDir: string, present: readonly Pod[]): Promise<void> {
  const known = new Set(present.map((pod) => pod.metadata?.uid));
  for (const parent of ['pods', 'logs']) {
    const directory = join(rootDir, parent);
    const names = await readdir(directory).catch(() => []);
    const stale = names.filter((name) => !known.has(name));
    await Promise.all(stale.map((name) => rm(join(directory, name), { recursive: true, force: true })));
  }
}
