/** Putting functions to sleep without waiting until they are idle. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import { deploymentName, labels } from '#crds/wire/names.ts';
import { deployments, pods, refOf } from '#kube/resource.ts';
import { deleteUnlessGone } from '#operator/function/delete.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { Bed } from '../bed.ts';
import { isBorrowed } from './pods.ts';

const GONE_TIMEOUT_MS = 60_000;
/** Twice the autoscaler's period. */
const RESCALE_MS = 2_000;

/**
 * Scales to zero by force, deletes what was borrowed from a pool, and waits until no pod is left. The autoscaler may
 * still remember the load and scale up again, as long as it sees a pod: then all of it is done once more.
 */
export async function putToSleep(bed: Bed, name: string): Promise<void> {
  const ref = { namespace: bed.namespace, name: deploymentName(name) };
  const deleted = new Set<string>();
  let scaledAt = Number.NEGATIVE_INFINITY;
  // Whatever fails on the way is tried again: a slow API server is no reason to give up a measurement.
  const isAsleep = async () => {
    if (performance.now() - scaledAt > RESCALE_MS) {
      await bed.client.setScale(deployments, ref, 0, { fieldManager: 'catnap-bench' });
      scaledAt = performance.now();
    }
    const watched = bed.pods.of(name);
    await Promise.all(watched.map((pod) => giveBack(bed, pod, deleted)));
    // The watch may lag behind, so the API has the last word.
    const left = watched.length > 0 ? watched : await livePods(bed, name);
    if (left.length > 0) throw new Error(`there is ${left.map(describePod).join(', ')}`);
    return true;
  };
  await waitFor(isAsleep, { timeoutMs: GONE_TIMEOUT_MS, describe: `no pods of ${name}`, intervalMs: 20 });
}

function describePod({ metadata }: Pod): string {
  return metadata?.deletionTimestamp ? `${metadata.name}, which is ending` : (metadata?.name ?? '');
}

/** The ReplicaSet takes care of its own; borrowed ones have nobody else. */
async function giveBack(bed: Bed, pod: Pod, deleted: Set<string>): Promise<void> {
  const { uid = '', deletionTimestamp } = pod.metadata ?? {};
  if (!isBorrowed(pod) || deletionTimestamp || deleted.has(uid)) return;
  await deleteUnlessGone(bed.client.delete(pods, refOf(pod), { preconditions: { uid } }));
  deleted.add(uid);
}

/** Throws when the function has a pod: what follows would not be a cold start. */
export async function assertAsleep(bed: Bed, name: string): Promise<void> {
  const present = await livePods(bed, name);
  if (present.length === 0) return;
  const pods = present.map(describePod).join(', ');
  throw new Error(`${name} should sleep, but has ${pods}: the measurement would be of something else`);
}

/** As the API server has them now. */
async function livePods(bed: Bed, name: string): Promise<Pod[]> {
  const labelSelector = `${labels.function}=${name}`;
  return (await bed.client.list(pods, { namespace: bed.namespace, labelSelector })).items;
}
