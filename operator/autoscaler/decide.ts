/**
 * How many replicas a function should have: a pure function of its settings, the time, what gateways
 * report and what was seen before. docs/scaling.md tells the same in words.
 */
import type { FunctionSpec } from '#crds/function/types.ts';
import { append, appendToMaximum, maximum, mean, type Window } from './window.ts';

export interface Load {
  /** Calls in flight and queued, over all gateways that were heard. */
  concurrency: number;
  /** Calls that arrived within a second, over all gateways that were heard. */
  arrivals: number;
  /** Whether there was any call at all. */
  active: boolean;
  /** Every known gateway was heard. If not, the load is at least this. */
  complete: boolean;
}

export interface Situation {
  scaling: FunctionSpec['scaling'];
  /** The minimum of the schedules that are open; 0 when none is. */
  scheduled: number;
  nowMs: number;
  /** Undefined when nothing new is known, which never means that there is no load. */
  load: Load | undefined;
  /** `spec.replicas` of the Deployment, and the pods from the pool beside it. */
  replicas: number;
  readyReplicas: number;
  /** The code of the present revision was not yet seen to load. */
  verifying: boolean;
  /** The code of the present revision was seen to fail. */
  loadFailed: boolean;
  /** It fails right now, in a pod that exists, and no pod answers calls. */
  failing: boolean;
  memory: Memory | undefined;
}

/** What one decision hands to the next. */
export interface Memory {
  /** Concurrency by time, over the stable window. */
  concurrency: Window;
  /** Arrivals by time, over the same; empty unless the function has a target for them. */
  arrivals: Window;
  /** Replicas that were needed, over the idle time. */
  needed: Window;
  panicUntilMs: number;
  /** Since when more replicas are wanted than there are; undefined while there are enough. */
  growsSinceMs: number | undefined;
  /** When there last was a call, the function woke, or its load became known again. */
  lastActiveMs: number;
  lastCompleteMs: number;
}

export type Why =
  | 'load'
  | 'panic'
  | 'idle'
  | 'minimum'
  | 'schedule'
  | 'maximum'
  | 'verification'
  | 'load failure';

export interface Decision {
  /** Present only when the number is to change. */
  change?: { to: number; why: Why };
  /** Replicas wanted, changed or not. */
  desired: number;
  /** Undefined when there is nothing to remember: the function sleeps. */
  memory: Memory | undefined;
}

const MIN_STABLE_SECONDS = 6;
const MAX_STABLE_SECONDS = 60;
const MIN_PANIC_SECONDS = 2;
const PANIC_FACTOR = 2;
const MAX_GROWTH = 10;
const MAX_SHRINKAGE = 2;
/** Longer than this without complete data, and what happened meanwhile counts as unknown. */
const MAX_GAP_MS = 3_000;
/** Sums of fractions must not buy a replica. */
const ROUNDING = 1e-9;

export function decide(situation: Situation): Decision {
  const { replicas } = situation;
  if (situation.failing) return settle(situation, { to: 0, why: 'load failure' }, undefined);
  const bottom = lowerBound(situation);
  // The first replica for a call is the gateway's to start.
  if (replicas === 0) return settle(situation, bottom, undefined);
  const memory = remember(situation);
  const byLoad = situation.load
    ? wantedByLoad(situation, situation.load, memory)
    : { to: replicas, why: 'load' as Why };
  const wanted = byLoad.to < bottom.to ? bottom : byLoad;
  const top = upperBound(situation);
  const bounded = wanted.to > top ? { to: top, why: 'maximum' as Why } : wanted;
  const growsSinceMs = bounded.to > replicas ? (memory.growsSinceMs ?? situation.nowMs) : undefined;
  return settle(situation, bounded, { ...memory, growsSinceMs });
}

/** The windows over which load is averaged, in milliseconds. */
export function windowsMs({ idleSeconds }: FunctionSpec['scaling']): { stableMs: number; panicMs: number } {
  const stable = Math.min(Math.max(idleSeconds, MIN_STABLE_SECONDS), MAX_STABLE_SECONDS);
  return { stableMs: stable * 1000, panicMs: Math.max(stable / 10, MIN_PANIC_SECONDS) * 1000 };
}

function settle(
  { replicas }: Situation,
  wanted: { to: number; why: Why },
  memory: Memory | undefined,
): Decision {
  const decision = { desired: wanted.to, memory: wanted.to === 0 ? undefined : memory };
  return wanted.to === replicas ? decision : { ...decision, change: wanted };
}

/** What is wanted whatever the load. Code that failed to load gets no replica beyond a caller's retry. */
function lowerBound(situation: Situation): { to: number; why: Why } {
  const { scaling, scheduled, verifying, loadFailed, replicas } = situation;
  if (loadFailed) return { to: Math.min(replicas, 1), why: 'verification' };
  if (scheduled > scaling.minReplicas) return { to: scheduled, why: 'schedule' };
  if (verifying && scaling.minReplicas === 0) return { to: 1, why: 'verification' };
  return { to: scaling.minReplicas, why: 'minimum' };
}

/** A retry of code that failed to load is given as many replicas as the caller's wake, not more. */
function upperBound({ scaling, loadFailed, replicas }: Situation): number {
  return loadFailed ? Math.min(replicas, scaling.maxReplicas) : scaling.maxReplicas;
}

function remember(situation: Situation): Memory {
  const { load, nowMs, memory, scaling } = situation;
  if (!load) return memory ?? rebegin(situation);
  const isGap = memory && load.complete && nowMs - memory.lastCompleteMs > MAX_GAP_MS;
  const known = !memory || isGap ? rebegin(situation, memory) : memory;
  const { stableMs } = windowsMs(scaling);
  return {
    ...known,
    concurrency: append(known.concurrency, { atMs: nowMs, value: load.concurrency }, stableMs),
    arrivals: scaling.requestsPerSecond
      ? append(known.arrivals, { atMs: nowMs, value: load.arrivals }, stableMs)
      : [],
    lastActiveMs: load.active ? nowMs : known.lastActiveMs,
    lastCompleteMs: load.complete ? nowMs : known.lastCompleteMs,
  };
}

/**
 * A start without a past: after a wake, a restart of the operator or a gap in the data. The present scale
 * counts as needed now, so nothing shrinks before the idle time has passed with load known throughout.
 */
function rebegin({ nowMs, replicas, scaling }: Situation, memory?: Memory): Memory {
  const present = { atMs: nowMs, value: replicas };
  return {
    concurrency: [],
    arrivals: [],
    needed: appendToMaximum(memory?.needed ?? [], present, scaling.idleSeconds * 1000),
    panicUntilMs: memory?.panicUntilMs ?? 0,
    growsSinceMs: memory?.growsSinceMs,
    lastActiveMs: nowMs,
    lastCompleteMs: nowMs,
  };
}

/** Writes the demand into `memory`, which is this decision's own copy, and says what it asks for. */
function wantedByLoad(situation: Situation, load: Load, memory: Memory): { to: number; why: Why } {
  const { scaling, nowMs, replicas } = situation;
  const idleMs = scaling.idleSeconds * 1000;
  const { steady, burst } = demand(situation, memory);
  if (burst >= PANIC_FACTOR * Math.max(1, situation.readyReplicas)) {
    memory.panicUntilMs = nowMs + windowsMs(scaling).stableMs;
  }
  const panics = nowMs < memory.panicUntilMs;
  const uncapped = panics ? Math.max(steady, burst) : steady;
  const wanted = Math.min(uncapped, Math.max(replicas * MAX_GROWTH, replicas + 1), scaling.maxReplicas);
  memory.needed = appendToMaximum(
    memory.needed,
    { atMs: nowMs, value: Math.min(burst, scaling.maxReplicas) },
    idleMs,
  );
  if (wanted >= replicas) return { to: wanted, why: panics ? 'panic' : 'load' };
  if (!load.complete) return { to: replicas, why: 'load' };
  return shrink(situation, memory, panics ? replicas : wanted);
}

/**
 * Replicas that the load of the stable and of the panic window would fill up to the targets: by concurrency, or
 * by arrivals where these ask for more.
 */
function demand({ scaling, nowMs }: Situation, memory: Memory): { steady: number; burst: number } {
  const { stableMs, panicMs } = windowsMs(scaling);
  const { concurrency, targetUtilization, requestsPerSecond = Number.POSITIVE_INFINITY } = scaling;
  const perReplica = (concurrency * targetUtilization) / 100;
  const replicasFor = (spanMs: number) => {
    const byConcurrency = (mean(memory.concurrency, nowMs, spanMs) ?? 0) / perReplica;
    const byArrivals = (mean(memory.arrivals, nowMs, spanMs) ?? 0) / requestsPerSecond;
    return Math.ceil(Math.max(byConcurrency, byArrivals) - ROUNDING);
  };
  return { steady: replicasFor(stableMs), burst: replicasFor(panicMs) };
}

/** Gives replicas back: to what was needed at most during the idle time, to zero only without any call. */
function shrink(
  { scaling, nowMs, replicas }: Situation,
  memory: Memory,
  wanted: number,
): { to: number; why: Why } {
  const idleMs = scaling.idleSeconds * 1000;
  const slowest = Math.floor(replicas / MAX_SHRINKAGE);
  if (nowMs - memory.lastActiveMs >= idleMs) return { to: slowest, why: 'idle' };
  const needed = Math.min(replicas, maximum(memory.needed, nowMs, idleMs));
  return { to: Math.max(wanted, needed, slowest, 1), why: 'load' };
}
