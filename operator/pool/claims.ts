/**
 * Gives warm pods that gateways claimed to their functions, and removes those that nobody can claim.
 *
 * Observes the gateways' reports, Functions and pods. Writes labels and owners of pods, and Events; deletes pods.
 */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Claim, Stray } from '#crds/wire/samples.ts';
import type { KubeClient } from '#kube/client.ts';
import { isConflict, isInvalid, isNotFound } from '#kube/errors.ts';
import type { EventRecorder } from '#kube/events.ts';
import { describeError, type Log } from '#kube/log.ts';
import { keyOf, pods, refOf } from '#kube/resource.ts';
import { byPool, type Caches, poolKeyOf, warmPod } from '../caches.ts';
import { deleteUnlessGone } from '../function/delete.ts';
import { type PodState, podState } from '../function/pod-state.ts';
import { createWriters } from '../writers.ts';
import { createAges } from './ages.ts';
import { adoption, claimedEvent, decideClaim } from './decide-claim.ts';
import type { PoolReports } from './reports.ts';
import { createSupply, type PoolPods, type Supply } from './supply.ts';

const MAX_WRITES = 16;
/** A gateway may need so long to tell that a pod which others cannot claim is its own. */
const STRAY_MS = 5_000;
/** How long a pod may be a function's without being labelled so. */
const POSTPONED_MS = 20_000;

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
  /** Claims of the last reading, and what was said with them. */
  let told: Pick<PoolReports, 'claims' | 'starving'> = { claims: [], starving: new Map() };
  /** Of claims, and of pods that are nobody's, by pod uid. */
  const waiting = createAges(options.monotonic);
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
        const isOver = isNotFound(error) || isConflict(error) || isInvalid(error);
        const fields = { pod: pod.metadata?.name, ...describeError(error) };
        log[isOver ? 'debug' : 'warn'](fields, 'claimed pod not written');
      }),
    );
  };

  const takeClaim = (claim: Claim, supply: Supply) => {
    const pod = warmPod(caches, claim);
    if (!pod || handled.has(claim.podUid)) return;
    const pool = poolKeyOf(pod) ?? '';
    // Pools are as large as sleeping functions need them; functions that grow take half of what is there.
    if (!waiting.has(claim.podUid) && !claim.growth) options.claimed(pool);
    // Labelling it has the pool start another, which takes CPU from those for which functions wait, and from all others.
    const isDue = waiting.of(claim.podUid) >= POSTPONED_MS;
    if (!isDue && supply.suffices(pool)) return;
    supply.replaced(pool);
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

  const takeClaims = () => {
    const claimed = new Set(told.claims.map(({ podUid }) => podUid));
    const supply = createSupply(told.starving, (key) => podsOf(caches, key, claimed));
    for (const claim of told.claims) takeClaim(claim, supply);
    waiting.keep(claimed);
    return claimed;
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

  const stopListening = caches.pods.onChange(({ current, previous }) => {
    if (isWarm(current) && !isWarm(previous)) takeClaims();
  });

  return {
    take({ claims, strays, starving }) {
      forgetSettled();
      told = { claims, starving };
      takeStrays(strays, takeClaims());
    },
    stop() {
      stopListening();
      return writers.stop();
    },
  };
}

/** Its place among those on their way is free for the next. */
function isWarm(pod: Pod | undefined): boolean {
  return pod !== undefined && poolKeyOf(pod) !== undefined && podState(pod).kind === 'ready';
}

function podsOf({ pods }: Pick<Caches, 'pods'>, poolKey: string, claimed: ReadonlySet<string>): PoolPods {
  const present = pods.byIndex(byPool, poolKey);
  const unclaimed = present.filter(({ metadata }) => !claimed.has(metadata?.uid ?? ''));
  const kinds = unclaimed.map((pod) => podState(pod).kind);
  const count = (wanted: PodState['kind']) => kinds.filter((kind) => kind === wanted).length;
  return { all: present.length, free: count('ready'), starting: count('starting') };
}

async function remove({ client, log }: ClaimsOptions, pod: Pod, why: string): Promise<void> {
  const preconditions = { uid: pod.metadata?.uid };
  await deleteUnlessGone(client.delete(pods, refOf(pod), { preconditions }));
  log.warn({ pod: pod.metadata?.name, namespace: pod.metadata?.namespace, why }, 'warm pod deleted');
}
