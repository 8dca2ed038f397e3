/**
 * The autoscaler: decides once a second for each function that may need it, and at once when something
 * about a function changed.
 *
 * Observes Functions, Deployments, pods and the gateways' load samples. Writes the scale of Deployments,
 * under an optimistic lock, and Events; deletes pods that functions took from a pool and need no more.
 */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { deploymentName, functionKey, poolKey, splitKey } from '#crds/wire/names.ts';
import { SAMPLE_PERIOD_MS } from '#crds/wire/samples.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import type { EventRecorder } from '#kube/events.ts';
import { describeError, type Log } from '#kube/log.ts';
import { byFunction, byPool, type Caches, warmPod } from '../caches.ts';
import type { ColdStartReports } from '../cold-start/reports.ts';
import type { DeletedPods } from '../function/deleted-pods.ts';
import type { Freshest } from '../function/freshest.ts';
import { podState } from '../function/pod-state.ts';
import { ownershipOf } from '../function/resources/owner.ts';
import { isPaused } from '../function/status.ts';
import type { PoolReports } from '../pool/reports.ts';
import type { KnownTriggerReport } from '../triggers/reports.ts';
import { createWriters } from '../writers.ts';
import { trackCandidates } from './candidates.ts';
import { type ChangeWriterOptions, createChangeWriter } from './change-writer.ts';
import type { Load, Memory, Why } from './decide.ts';
import { type Change, judge, type Subject } from './judge.ts';
import { type Loans, supersedeAll } from './loans.ts';
import type { SampleSource } from './sample-source.ts';

/** Scale writes under way at the same time; enough to put thousands of functions to sleep within seconds. */
const MAX_WRITES = 16;

export interface AutoscalerObserver {
  /** A decision was carried out. */
  scaled(why: Why | 'take over'): void;
  /** A write of a scale failed, other than by meeting another writer. */
  failed(): void;
  /** Whether this tick knew anything about load. */
  informed(known: boolean): void;
  ticked(seconds: number, functions: number): void;
}

export interface AutoscalerOptions {
  client: ChangeWriterOptions['client'];
  caches: Caches;
  written: { functions: Freshest<CatnapFunction> };
  /** Shared with whoever else deletes pods of functions. */
  deleted: DeletedPods;
  samples: SampleSource;
  /** What gateways say of warm pods, at each reading. */
  onPoolReports: (reports: PoolReports) => void;
  /** What gateways say of triggers, at each reading. */
  onTriggerReports: (reports: readonly KnownTriggerReport[]) => void;
  /** Cold starts that gateways tell of, at each reading. */
  onColdStarts: (reports: ColdStartReports) => void;
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

export function createAutoscaler(options: AutoscalerOptions): Autoscaler {
  const { caches, clock, observe, log, deleted } = options;
  const memories = new Map<string, Memory>();
  const loansOf = new Map<string, Loans>();
  const wanted = new Map<string, number>();
  const busy = new Set<string>();
  /** What gateways said last of the warm pods that they claimed, by function. */
  let claims: ReadonlyMap<string, PoolReports['claims']> = new Map();
  /** The same by the uid of the pod. */
  let claimed: ReadonlySet<string> = new Set();
  const writers = createWriters(MAX_WRITES);
  const writer = createChangeWriter({ ...options, scaled: observe.scaled });

  const subjectOf = (key: string): Subject | undefined => {
    const { namespace, name } = splitKey(key);
    const cached = caches.functions.get(namespace, name);
    const fn = cached && options.written.functions.pick(key, cached);
    const deployment = caches.deployments.get(namespace, deploymentName(name));
    if (!fn || !deployment || fn.metadata.deletionTimestamp || deployment.metadata?.deletionTimestamp) return;
    if (isPaused(fn) || ownershipOf(fn, deployment.metadata) !== 'ours') return;
    const pods = deleted.remaining(key, caches.pods.byIndex(byFunction, key));
    const own = writer.scaleOf(key, deployment);
    return { key, fn, deployment, own, pods, taken: takenBy(key), spare: () => spareFor(fn) };
  };

  /** Pods that are the function's and by their labels still wait in a pool. */
  const takenBy = (key: string): number =>
    (claims.get(key) ?? []).filter((claim) => warmPod(caches, claim)).length;

  const isFree = (pod: Pod): boolean =>
    podState(pod).kind === 'ready' && !claimed.has(pod.metadata?.uid ?? '');

  /** The last one is left to functions that have none. */
  const spareFor = ({ metadata: { namespace }, spec, status }: CatnapFunction): number => {
    const pool = status?.launch?.pool;
    if (pool === undefined || spec.class === 'isolate') return 0;
    const free = caches.pods.byIndex(byPool, poolKey(namespace, pool)).filter(isFree);
    return Math.max(0, free.length - 1);
  };

  /** Decides, remembers, and returns the change to make. */
  const evaluate = (key: string, load: Load | undefined): Change | undefined => {
    if (busy.has(key)) return undefined;
    const subject = subjectOf(key);
    if (!subject) {
      forget(key);
      return undefined;
    }
    const nowMs = clock.monotonic();
    const known = { load, memory: memories.get(key), loans: loansOf.get(key), nowMs };
    const { decision, loans, change } = judge(subject, known);
    keep(memories, key, decision.memory);
    keep(loansOf, key, loans.size > 0 ? loans : undefined);
    if (decision.desired > 0 || subject.own > 0 || loans.size > 0) wanted.set(key, decision.desired);
    else forget(key);
    return change;
  };

  const carryOut = async (change: Change): Promise<void> => {
    const { key, from, to, why } = change;
    busy.add(key);
    try {
      if (!(await writer.scale(change))) return;
      if (change.takeOver) loansOf.set(key, supersedeAll(loansOf.get(key) ?? new Map()));
      await writer.finish(change);
    } catch (error) {
      observe.failed();
      log.warn(
        { function: key, from, to, why, ...describeError(error) },
        'scale not written, the next tick tries again',
      );
    } finally {
      busy.delete(key);
    }
  };

  const tick = async (candidates: Iterable<string>) => {
    const startedAt = clock.monotonic();
    const snapshot = await options.samples.read();
    observe.informed(snapshot !== undefined);
    if (snapshot) {
      claims = Map.groupBy(snapshot.pools.claims, ({ namespace, function: name }) =>
        functionKey(namespace, name),
      );
      claimed = new Set(snapshot.pools.claims.map(({ podUid }) => podUid));
      options.onPoolReports(snapshot.pools);
      options.onTriggerReports(snapshot.triggers);
      options.onColdStarts(snapshot.coldStarts);
    }
    const keys = new Set([...candidates, ...(snapshot?.keys() ?? []), ...wanted.keys()]);
    for (const key of keys) {
      const change = evaluate(key, snapshot?.of(key));
      if (!change) continue;
      busy.add(key);
      writers.add(() => carryOut(change));
    }
    observe.ticked((clock.monotonic() - startedAt) / 1000, keys.size);
  };

  function forget(key: string): void {
    memories.delete(key);
    loansOf.delete(key);
    wanted.delete(key);
    writer.forget(key);
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
        await writers.stop();
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
    isOwnScale: (key, replicas) => busy.has(key) || writer.isOwnScale(key, replicas),
  };
}

function keep<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
