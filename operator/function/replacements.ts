/** Deletes pods whose place a fresh one takes sooner than Kubernetes would start them again. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import { pods, refOf } from '#kube/resource.ts';
import { createTokenBuckets } from '#kube/token-buckets.ts';
import { deleteUnlessGone } from './delete.ts';
import type { DeletedPods } from './deleted-pods.ts';
import { podReplacedEvent } from './events.ts';
import type { Plan } from './plan.ts';

/**
 * Of pods that ran out of memory, for each function: enough for a bad call or two, and so few that a
 * function that does it at every call keeps no node busy with making pods.
 */
const BURST = 3;
const REFILL_MS = 30_000;

export interface ReplacementOptions {
  client: Pick<KubeClient, 'delete'>;
  recorder: EventRecorder;
  log: Log;
  /** In milliseconds. */
  monotonic: () => number;
  /** Shared with whoever else deletes pods of functions. */
  deleted: DeletedPods;
}

export interface Replacements {
  /** Returns when to come back for those that have to wait, in ms; undefined when none has. */
  replace(
    key: string,
    fn: CatnapFunction,
    plan: Pick<Plan, 'replaceBlocked' | 'replaceHeldBack'>,
  ): Promise<number | undefined>;
}

export function createReplacements(options: ReplacementOptions): Replacements {
  const { client, recorder, log, monotonic, deleted } = options;
  const buckets = createTokenBuckets({ burst: BURST, refillMs: REFILL_MS });

  const replacePod = async (key: string, fn: CatnapFunction, pod: Pod) => {
    const preconditions = { uid: pod.metadata?.uid };
    await deleteUnlessGone(client.delete(pods, refOf(pod), { preconditions }));
    deleted.note(key, pod);
    const event = podReplacedEvent(pod);
    recorder.record(fn, event);
    log.info({ function: key, pod: pod.metadata?.name, why: event.note }, 'pod replaced');
  };

  return {
    async replace(key, fn, { replaceBlocked, replaceHeldBack }) {
      // A call had to run beyond its timeout for each of these, which is limit enough.
      for (const pod of replaceBlocked) await replacePod(key, fn, pod);
      for (const pod of replaceHeldBack) {
        if (!buckets.take(key, monotonic())) return REFILL_MS;
        await replacePod(key, fn, pod);
      }
      return undefined;
    },
  };
}
