/**
 * Lets warm pods start. A pool's ReplicaSet makes a pod as soon as it is one short, which is when a function needs the CPU
 * most; so these pods are made with a scheduling gate, and start when it is taken away.
 *
 * Observes the pools' pods and what is wanted of them. Writes the pods' scheduling gates.
 */
import type { Pod } from 'kubernetes-types/core/v1.js';
import { POOL_GATE } from '#crds/wire/names.ts';
import type { KubeClient } from '#kube/client.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import type { Log } from '#kube/log.ts';
import { pods, refOf } from '#kube/resource.ts';
import { schedulingGates } from '#kube/scheduling-gates.ts';
import { byPool, type Caches, poolKeyOf } from '../caches.ts';
import { podState } from '../function/pod-state.ts';
import { createWriters } from '../writers.ts';
import { type PoolDemand, startsNow } from './supply.ts';
import { logWriteFailure } from './write-failure.ts';

const MAX_WRITES = 16;
const REVIEW_MS = 1_000;

export interface GatesOptions {
  client: Pick<KubeClient, 'patch'>;
  caches: Pick<Caches, 'poolDeployments' | 'pods'>;
  demandOf: (poolKey: string) => PoolDemand;
  log: Log;
  clock: Clock;
}

export interface Gates {
  /** Looks at all pools now. */
  review(): void;
  /** Looks at them each second, and when a pod changes, until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export function createGates({ client, caches, demandOf, log, clock }: GatesOptions): Gates {
  const writers = createWriters(MAX_WRITES);
  /** Pods whose gate was taken away, until the cache shows it; by uid. */
  const opened = new Set<string>();
  const pools = new Map<string, { wasFull: boolean; startedAtMs: number }>();

  const open = async (pod: Pod) => {
    const uid = uidOf(pod);
    const others = schedulingGates(pod).filter(({ name }) => name !== POOL_GATE);
    const change = { metadata: { uid }, spec: { schedulingGates: others } };
    try {
      await client.patch(pods, refOf(pod), change, { type: 'merge' });
    } catch (error) {
      // The next review tries again.
      opened.delete(uid);
      logWriteFailure(log, pod, error, 'warm pod not started');
    }
  };

  const reviewPool = (key: string) => {
    const nowMs = clock.monotonic();
    const past = pools.get(key) ?? { wasFull: false, startedAtMs: Number.NEGATIVE_INFINITY };
    pools.set(key, past);
    const present = caches.pods.byIndex(byPool, key).filter(({ metadata }) => !metadata?.deletionTimestamp);
    const { true: gated = [], false: others = [] } = Object.groupBy(present, (pod) =>
      isGated(pod) && !opened.has(uidOf(pod)) ? 'true' : 'false',
    );
    const kinds = others.map((pod) => podState(pod).kind);
    const free = kinds.filter((kind) => kind === 'ready').length;
    const starting = kinds.filter((kind) => kind === 'starting').length;
    if (free > 0 && free === present.length) past.wasFull = true;
    const restedMs = nowMs - past.startedAtMs;
    const count = startsNow({ free, starting, gated: gated.length }, demandOf(key), { ...past, restedMs });
    if (count > 0) past.startedAtMs = nowMs;
    for (const pod of gated.slice(0, count)) {
      opened.add(uidOf(pod));
      writers.add(() => open(pod));
    }
  };

  const review = () => {
    const keys = new Set(caches.poolDeployments.list().map((deployment) => poolKeyOf(deployment) ?? ''));
    for (const key of pools.keys()) if (!keys.has(key)) pools.delete(key);
    for (const key of keys) reviewPool(key);
  };

  return {
    review,
    async run(signal) {
      const stopListening = caches.pods.onChange(({ current, previous }) => {
        const pod = current ?? previous;
        if (pod && !(current && isGated(current))) opened.delete(uidOf(pod));
        const key = pod && poolKeyOf(pod);
        if (key) reviewPool(key);
      });
      while (!signal.aborted) {
        review();
        await sleep(clock, REVIEW_MS, signal);
      }
      stopListening();
      await writers.stop();
    },
  };
}

function uidOf({ metadata }: Pod): string {
  return metadata?.uid ?? '';
}

function isGated(pod: Pod): boolean {
  return schedulingGates(pod).some(({ name }) => name === POOL_GATE);
}
