/** Carries out what was decided about the replicas of a function, and tells of it. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { fieldManagers } from '#crds/wire/names.ts';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import { pods, refOf } from '#kube/resource.ts';
import { deleteUnlessGone } from '../function/delete.ts';
import type { DeletedPods } from '../function/deleted-pods.ts';
import { compareVersions } from '../function/freshest.ts';
import { scaleOf } from '../function/scale-of.ts';
import { type ScaleClient, setScale } from '../function/set-scale.ts';
import type { Why } from './decide.ts';
import { scaledEvent, takeOverEvent } from './events.ts';
import type { Change } from './judge.ts';

export interface ChangeWriterOptions {
  client: ScaleClient & Pick<KubeClient, 'delete'>;
  /** Shared with whoever else deletes pods of functions. */
  deleted: DeletedPods;
  recorder: EventRecorder;
  /** A change was carried out. */
  scaled: (why: Why | 'take over') => void;
  log: Log;
}

export interface ChangeWriter {
  /** Scales the Deployment. False when somebody else did meanwhile: then the change is void. */
  scale(change: Change): Promise<boolean>;
  /** The rest: what takes the place of a pod has been asked for before the pod goes. */
  finish(change: Change): Promise<void>;
  /** What a Deployment is scaled to, also while the cache is behind. */
  scaleOf(key: string, deployment: Deployment): number;
  /** True when this process set that scale. */
  isOwnScale(key: string, replicas: number): boolean;
  forget(key: string): void;
}

export function createChangeWriter(options: ChangeWriterOptions): ChangeWriter {
  const { client, deleted, recorder, log } = options;
  /** Scales that this process set, until the cache shows them. */
  const set = new Map<string, { replicas: number; resourceVersion: string | undefined }>();

  const retire = async (key: string, pod: Pod): Promise<void> => {
    const preconditions = { uid: pod.metadata?.uid };
    await deleteUnlessGone(client.delete(pods, refOf(pod), { preconditions }));
    deleted.note(key, pod);
  };

  const tell = (change: Change) => {
    const { key, fn, own, ownTo, from, to, why, takeOver } = change;
    const retired = change.retire.map(({ metadata }) => metadata?.name);
    log.info({ function: key, from, to, why, takeOver, deployment: ownTo, retired }, 'scaled');
    if (from !== to) {
      options.scaled(why);
      recorder.record(fn, scaledEvent(from, to, why));
    } else if (own !== ownTo) options.scaled(takeOver ? 'take over' : why);
    if (takeOver) recorder.record(fn, takeOverEvent(ownTo, takeOver));
  };

  return {
    async scale({ key, deployment, own, ownTo }) {
      if (ownTo === own) return true;
      const by = { fieldManager: fieldManagers.autoscaler, from: own };
      const resourceVersion = await setScale(client, deployment, ownTo, by);
      if (resourceVersion !== undefined) set.set(key, { replicas: ownTo, resourceVersion });
      return resourceVersion !== undefined;
    },
    async finish(change) {
      for (const pod of change.retire) await retire(change.key, pod);
      tell(change);
    },
    scaleOf(key, deployment) {
      const own = set.get(key);
      const isBehind = compareVersions(own?.resourceVersion, deployment.metadata?.resourceVersion) > 0;
      return own && isBehind ? own.replicas : scaleOf(deployment);
    },
    isOwnScale: (key, replicas) => set.get(key)?.replicas === replicas,
    forget: (key) => void set.delete(key),
  };
}
