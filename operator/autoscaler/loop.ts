/**
 * The autoscaler: decides once a second for each function that may need it, and at once when something
 * about a function changed.
 *
 * Observes Functions, Deployments, pods and the gateways' load samples. Writes the scale of Deployments,
 * under an optimistic lock, and Events.
 */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { deploymentName, fieldManagers, splitKey } from '#crds/wire/names.ts';
import { SAMPLE_PERIOD_MS } from '#crds/wire/samples.ts';
import type { KubeClient } from '#kube/client.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import { isConflict } from '#kube/errors.ts';
import type { EventRecorder } from '#kube/events.ts';
import { describeError, type Log } from '#kube/log.ts';
import { deployments } from '#kube/resource.ts';
import { byFunction, type Caches } from '../caches.ts';
import { compareVersions, type Freshest } from '../function/freshest.ts';
import { ownershipOf } from '../function/resources/owner.ts';
import { scaleOf } from '../function/scale-of.ts';
import { isPaused } from '../function/status.ts';
import { trackCandidates } from './candidates.ts';
import { decide, type Load, type Memory, type Why } from './decide.ts';
import { scaledEvent } from './events.ts';
import type { SampleSource } from './sample-source.ts';
import { situationOf } from './situation.ts';

/** Scale writes under way at the same time; enough to put thousands of functions to sleep within seconds. */
const MAX_WRITES = 16;

export interface AutoscalerObserver {
  /** A decision was carried out. */
  scaled(why: Why): void;
  /** A write of a scale failed, other than by meeting another writer. */
  failed(): void;
  /** Whether this tick knew anything about load. */
  informed(known: boolean): void;
  ticked(seconds: number, functions: number): void;
}

export interface AutoscalerOptions {
  client: Pick<KubeClient, 'getScale' | 'setScale'>;
  caches: Caches;
  written: { functions: Freshest<CatnapFunction> };
  samples: SampleSource;
  recorder: EventRecorder;
  observe: AutoscalerObserver;
  log: Log;
  clock: Clock;
}

export interface Autoscaler {
  /** Ticks until `signal` aborts; resolves when no write is under way any more. */
  run(signal: AbortSignal): Promise<void>;
  /** Looks at one function now, without load. */
  poke(key: string): Promise<void>;
  forget(key: string): void;
  /** Replicas last wanted, by function. */
  desired(): ReadonlyMap<string, number>;
  /** True when this process set, or is setting, that scale. */
  isOwnScale(key: string, replicas: number): boolean;
}

interface Subject {
  key: string;
  fn: CatnapFunction;
  deployment: Deployment;
  replicas: number;
}

interface Change extends Subject {
  to: number;
  why: Why;
}

export function createAutoscaler(options: AutoscalerOptions): Autoscaler {
  const { caches, clock, observe, log } = options;
  const memories = new Map<string, Memory>();
  const wanted = new Map<string, number>();
  /** Scales that this process set, until the cache shows them. */
  const ownScales = new Map<string, { replicas: number; resourceVersion: string | undefined }>();
  const busy = new Set<string>();
  const waiting: Change[] = [];
  const writers = new Set<Promise<void>>();

  const subjectOf = (key: string): Subject | undefined => {
    const { namespace, name } = splitKey(key);
    const cached = caches.functions.get(namespace, name);
    const fn = cached && options.written.functions.pick(key, cached);
    const deployment = caches.deployments.get(namespace, deploymentName(name));
    if (!fn || !deployment || fn.metadata.deletionTimestamp || deployment.metadata?.deletionTimestamp) return;
    if (isPaused(fn) || ownershipOf(fn, deployment.metadata) !== 'ours') return;
    return { key, fn, deployment, replicas: presentReplicas(key, deployment) };
  };

  const presentReplicas = (key: string, deployment: Deployment): number => {
    const own = ownScales.get(key);
    const isBehind = compareVersions(own?.resourceVersion, deployment.metadata?.resourceVersion) > 0;
    if (own && isBehind) return own.replicas;
    return scaleOf(deployment);
  };

  /** Decides, remembers, and returns the change to make. */
  const evaluate = (key: string, load: Load | undefined): Change | undefined => {
    if (busy.has(key)) return undefined;
    const subject = subjectOf(key);
    if (!subject) {
      forget(key);
      return undefined;
    }
    const { fn, replicas } = subject;
    const pods = caches.pods.byIndex(byFunction, key);
    const memory = memories.get(key);
    const decision = decide(situationOf({ fn, replicas, pods, load, memory, nowMs: clock.monotonic() }));
    if (decision.memory) memories.set(key, decision.memory);
    else memories.delete(key);
    if (decision.desired > 0 || replicas > 0) wanted.set(key, decision.desired);
    else forget(key);
    return decision.change && { ...subject, ...decision.change };
  };

  const carryOut = async (change: Change): Promise<void> => {
    const { key, replicas: from, to, why } = change;
    busy.add(key);
    try {
      const resourceVersion = await setScale(options.client, change);
      if (resourceVersion === undefined) return;
      ownScales.set(key, { replicas: to, resourceVersion });
      observe.scaled(why);
      log.info({ function: key, from, to, why }, 'scaled');
      options.recorder.record(change.fn, scaledEvent(from, to, why));
    } catch (error) {
      observe.failed();
      log.warn(
        { function: key, from, to, ...describeError(error) },
        'scale not written, the next tick tries again',
      );
    } finally {
      busy.delete(key);
    }
  };

  const drain = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await carryOut(next);
  };

  const startWriters = () => {
    while (writers.size < MAX_WRITES && waiting.length > 0) {
      const writer: Promise<void> = drain().finally(() => writers.delete(writer));
      writers.add(writer);
    }
  };

  const tick = async (candidates: Iterable<string>) => {
    const startedAt = clock.monotonic();
    const snapshot = await options.samples.read();
    observe.informed(snapshot !== undefined);
    const keys = new Set([...candidates, ...(snapshot?.keys() ?? []), ...wanted.keys()]);
    for (const key of keys) {
      const change = evaluate(key, snapshot?.of(key));
      if (!change) continue;
      busy.add(key);
      waiting.push(change);
    }
    startWriters();
    observe.ticked((clock.monotonic() - startedAt) / 1000, keys.size);
  };

  function forget(key: string): void {
    memories.delete(key);
    wanted.delete(key);
    ownScales.delete(key);
  }

  return {
    async run(signal) {
      const candidates = trackCandidates(caches);
      try {
        while (!signal.aborted) {
          const nextAt = clock.monotonic() + SAMPLE_PERIOD_MS;
          await tick(candidates.keys());
          await sleep(clock, Math.max(0, nextAt - clock.monotonic()), signal);
        }
      } finally {
        candidates.stop();
        waiting.length = 0;
        await Promise.all(writers);
        busy.clear();
      }
    },
    async poke(key) {
      const change = evaluate(key, undefined);
      if (change) await carryOut(change);
    },
    forget,
    desired: () => wanted,
    // While the write is under way, the watch may be faster than its answer.
    isOwnScale: (key, replicas) => busy.has(key) || ownScales.get(key)?.replicas === replicas,
  };
}

/**
 * Returns the Deployment's new version, or undefined when someone else scaled meanwhile. Most conflicts
 * are the Deployment controller writing status, so the lock is taken once more when the scale is the same.
 */
async function setScale(
  client: AutoscalerOptions['client'],
  { fn, deployment, replicas, to }: Change,
): Promise<string | undefined> {
  const ref = { namespace: fn.metadata.namespace, name: deploymentName(fn.metadata.name) };
  const set = async (resourceVersion: string | undefined) => {
    const scale = await client.setScale(deployments, ref, to, {
      fieldManager: fieldManagers.autoscaler,
      resourceVersion,
    });
    return scale.metadata?.resourceVersion ?? '';
  };
  try {
    return await set(deployment.metadata?.resourceVersion);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  const live = await client.getScale(deployments, ref);
  if ((live.spec?.replicas ?? 0) !== replicas) return undefined;
  return set(live.metadata?.resourceVersion).catch((error: unknown) =>
    isConflict(error) ? undefined : Promise.reject(error),
  );
}
