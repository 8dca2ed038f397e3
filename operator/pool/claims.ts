/**
 * Gives warm pods that gateways claimed to their functions, and removes those that nobody can claim.
 *
 * Observes the gateways' reports, Functions and pods. Writes labels and owners of pods, and Events; deletes pods.
 */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Claim, Stray } from '#crds/wire/samples.ts';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import { keyOf, pods, refOf } from '#kube/resource.ts';
import { type Caches, poolKeyOf, warmPod } from '../caches.ts';
import { deleteUnlessGone } from '../function/delete.ts';
import { createWriters } from '../writers.ts';
import { createAges } from './ages.ts';
import { adoption, claimedEvent, decideClaim } from './decide-claim.ts';
import type { PoolReports } from './reports.ts';
import { logWriteFailure } from './write-failure.ts';

/** Nobody waits for labels, and what they have the cluster do takes CPU from those that serve. */
const MAX_WRITES = 2;
/** A gateway may need so long to tell that a pod which others cannot claim is its own. */
const STRAY_MS = 5_000;

export interface ClaimsOptions {
  client: Pick<KubeClient, 'patch' | 'delete'>;
  caches: Pick<Caches, 'functions' | 'pods'>;
  recorder: EventRecorder;
  /** A pod of the pool was taken. */
  claimed: (poolKey: string) => void;
  log: Log;
  /** In milliseconds. */
  monotonic: () => number;
}

export interface ClaimHandler {
  /** Each reading; reports are repeated until the gateways see that they were acted on. */
  take(reports: PoolReports): void;
  /** Resolves when no write is under way any more. */
  stop(): Promise<void>;
}

export function createClaimHandler(options: ClaimsOptions): ClaimHandler {
  const { caches, log } = options;
  const writers = createWriters(MAX_WRITES);
  /** Pods that are being written, or were and the cache does not show it: by uid, with their key. */
  const handled = new Map<string, string>();
  /** Pods of the claims that were told of before, by uid. */
  let known: ReadonlySet<string> = new Set();
  /** Of pods that are nobody's. */
  const forlorn = createAges(options.monotonic);

  const forgetSettled = () => {
    for (const [podUid, key] of handled) {
      const [namespace = '', pod = ''] = key.split('/');
      if (!warmPod(caches, { namespace, pod, podUid })) handled.delete(podUid);
    }
  };

  const write = (pod: Pod, work: () => Promise<void>) => {
    const uid = pod.metadata?.uid ?? '';
    handled.set(uid, keyOf(pod.metadata?.namespace, pod.metadata?.name ?? ''));
    writers.add(() =>
      work().catch((error: unknown) => {
        // The next report brings it again.
        handled.delete(uid);
        logWriteFailure(log, pod, error, 'claimed pod not written');
      }),
    );
  };

  const takeClaim = (claim: Claim) => {
    const pod = warmPod(caches, claim);
    if (!pod || handled.has(claim.podUid)) return;
    // Pools are as large as sleeping functions need them, which is one pod for each; who grows takes what is to spare.
    if (!claim.growth && !known.has(claim.podUid)) options.claimed(poolKeyOf(pod) ?? '');
    const fn = caches.functions.get(claim.namespace, claim.function);
    const decision = decideClaim(pod, fn);
    if (decision === 'delete') write(pod, () => remove(options, pod, 'its function is gone'));
    if (decision === 'adopt' && fn) {
      write(pod, async () => {
        await options.client.patch(pods, refOf(pod), adoption(pod, fn, claim), { type: 'merge' });
        options.recorder.record(fn, claimedEvent(claim));
        const { namespace, function: name, revision, claimMs, loadMs } = claim;
        log.info(
          { function: `${namespace}/${name}`, pod: claim.pod, revision, claimMs, loadMs },
          'pod taken',
        );
      });
    }
  };

  const takeStrays = (strays: readonly Stray[], claimed: ReadonlySet<string>) => {
    const present = strays.filter((stray) => !claimed.has(stray.podUid) && warmPod(caches, stray));
    forlorn.keep(new Set(present.map(({ podUid }) => podUid)));
    for (const stray of present) {
      const pod = warmPod(caches, stray);
      const isDue = forlorn.of(stray.podUid) >= STRAY_MS && !handled.has(stray.podUid);
      if (pod && isDue) write(pod, () => remove(options, pod, 'it refuses claims and nobody says why'));
    }
  };

  return {
    take({ claims, strays }) {
      forgetSettled();
      for (const claim of claims) takeClaim(claim);
      known = new Set(claims.map(({ podUid }) => podUid));
      takeStrays(strays, known);
    },
    stop: () => writers.stop(),
  };
}

async function remove({ client, log }: ClaimsOptions, pod: Pod, why: string): Promise<void> {
  const preconditions = { uid: pod.metadata?.uid };
  await deleteUnlessGone(client.delete(pods, refOf(pod), { preconditions }));
  log.warn({ pod: pod.metadata?.name, namespace: pod.metadata?.namespace, why }, 'warm pod deleted');
}
