/** The provisioner of the StorageClass `local`: a directory of the node for each claim. */
import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PersistentVolume, PersistentVolumeClaim } from 'kubernetes-types/core/v1.js';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { isAlreadyExists, isNotFound } from '#kube/errors.ts';
import { loadKubeConfig } from '#kube/kube-config.ts';
import type { Log } from '#kube/log.ts';
import { resourceType } from '#kube/resource.ts';
import { createWatcher } from '#kube/watcher.ts';
import { createWorkQueue, TerminalError } from '#kube/work-queue.ts';
import { configFile, files } from '../plan/files.ts';
import { isReleased, nodeForClaim, volumeFor } from './volume.ts';

const claims = resourceType<PersistentVolumeClaim>('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims');
const volumes = resourceType<PersistentVolume>('v1', 'PersistentVolume', 'persistentvolumes', 'Cluster');

/** A refused write is most often one that comes too early. */
const RETRY = { minMs: 100, maxMs: 10_000 };

/** Provisions until `signal` aborts. */
export async function provisionVolumes(log: Log, signal: AbortSignal): Promise<void> {
  const kubeConfig = loadKubeConfig({ file: configFile('provisioner.kubeconfig') });
  const client = createKubeClient({ component: 'test-provisioner', kubeConfig });
  const claimed = createWatcher(client, claims, { log });
  const made = createWatcher(client, volumes, { log });
  const queue = createWorkQueue({
    name: 'volumes',
    log,
    retry: RETRY,
    async reconcile(key) {
      const [kind, namespace = '', name = ''] = key.split('/');
      if (kind === 'claim') await provide(client, claimed.get(namespace, name), log);
      else await remove(client, made.get('', name), log);
    },
  });
  claimed.onChange(({ current }) => {
    if (current && nodeForClaim(current)) {
      queue.add(`claim/${current.metadata?.namespace}/${current.metadata?.name}`);
    }
  });
  made.onChange(({ current }) => {
    if (current && isReleased(current)) queue.add(`volume//${current.metadata?.name}`);
  });
  for (const watcher of [claimed, made]) watcher.start();
  log.info({}, 'provisioning volumes');
  await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
  await Promise.all([claimed.stop(), made.stop(), queue.stop()]);
  await client.close();
}

async function provide(
  client: KubeClient,
  claim: PersistentVolumeClaim | undefined,
  log: Log,
): Promise<void> {
  const node = claim && nodeForClaim(claim);
  if (!claim || !node) return;
  const volume = volumeFor(claim, node, files.volumes);
  const path = volume.spec?.local?.path as string;
  await mkdir(path, { recursive: true, mode: 0o755 });
  await client.create(volumes, volume).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  log.info({ claim: `${claim.metadata?.namespace}/${claim.metadata?.name}`, node, path }, 'volume made');
}

async function remove(client: KubeClient, volume: PersistentVolume | undefined, log: Log): Promise<void> {
  if (!volume || !isReleased(volume)) return;
  const path = resolve(volume.spec?.local?.path ?? '/');
  // Deletes what the object names, so never anything outside.
  if (!path.startsWith(`${files.volumes}/`)) throw new TerminalError(`${path} is not below ${files.volumes}`);
  const name = volume.metadata?.name ?? '';
  await rm(path, { recursive: true, force: true });
  await client.delete(volumes, { name }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  log.info({ name, path }, 'volume deleted');
}
