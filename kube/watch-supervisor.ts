/** The endless loop behind a watcher: what to do next after each list, watch and failure. */
import { backoffMs } from './backoff.ts';
import { type Cache, type Change, sameVersion } from './cache.ts';
import { compareWithList } from './cache-audit.ts';
import type { KubeClient } from './client.ts';
import { type Clock, sleep } from './clock.ts';
import { isGone, isKubeError, isResourceVersionTooLarge } from './errors.ts';
import { listAll } from './list-all.ts';
import { describeError, type Log } from './log.ts';
import { type KubeObject, objectKey, type ResourceType } from './resource.ts';
import type { WatcherEvent, WatcherOptions } from './watcher.ts';

export interface Supervision<T extends KubeObject> {
  client: Pick<KubeClient, 'list' | 'watch'>;
  type: ResourceType<T>;
  options: WatcherOptions<T>;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  cache: Pick<Cache<T>, 'get' | 'keys' | 'set' | 'delete' | 'replace'>;
  /** What the cache keeps of an object. */
  trim(object: T): T;
  emit(change: Change<T> | undefined): void;
  event(name: WatcherEvent): void;
  onSynced(): void;
  onConnected(connected: boolean): void;
}

/** After so many failures in a row without an event between, the resourceVersion itself is suspect. */
const FAILURES_BEFORE_RELIST = 3;
/** A watch that ends sooner, without an event, counts as a failure so that it cannot spin. */
const SHORT_WATCH_MS = 1_000;
/**
 * Short at its longest: after an outage of the API server functions that sleep cannot wake before the
 * watches are back, and a request each few seconds is nothing to a server that refuses connections.
 */
const DEFAULT_RETRY = { minMs: 200, maxMs: 5_000 };
const DEFAULT_RELIST_MS = 600_000;
const DEFAULT_SETTLE_MS = 5_000;

/** Where a watch stands; moved by each event. */
interface Position {
  /** Undefined: list before watching. */
  version: string | undefined;
  /** An event came in since the last attempt began. */
  progressed: boolean;
}

/** Runs until `signal` aborts; never rejects. */
export async function superviseWatch<T extends KubeObject>(supervision: Supervision<T>): Promise<void> {
  const { signal, clock, options } = supervision;
  const random = options.random ?? Math.random;
  const retry = { ...DEFAULT_RETRY, ...options.retry, random };
  const position: Position = { version: undefined, progressed: false };
  let failures = 0;
  while (!signal.aborted) {
    const { problem, lastedMs } = await attempt(supervision, position, random);
    if (signal.aborted) return;
    if (position.progressed) failures = 0;
    if (problem === undefined) {
      supervision.event('end');
      if (position.progressed || lastedMs >= SHORT_WATCH_MS) {
        failures = 0;
        continue;
      }
    }
    failures += 1;
    if (problem !== undefined && mustRelist(problem, failures)) position.version = undefined;
    const waitMs = Math.max(backoffMs(failures, retry), retryAfterMs(problem));
    report(supervision, problem, failures, waitMs);
    await sleep(clock, waitMs, signal);
  }
}

/** Lists if need be, then watches until that ends, however it ends. */
async function attempt<T extends KubeObject>(
  supervision: Supervision<T>,
  position: Position,
  random: () => number,
): Promise<{ problem: unknown; lastedMs: number }> {
  const startedAt = supervision.clock.monotonic();
  position.progressed = false;
  let problem: unknown;
  try {
    position.version ??= await listIntoCache(supervision);
    await watchOnce(supervision, position, position.version, random);
  } catch (error) {
    problem = error;
  }
  supervision.onConnected(false);
  return { problem, lastedMs: supervision.clock.monotonic() - startedAt };
}

async function listIntoCache<T extends KubeObject>(supervision: Supervision<T>): Promise<string> {
  const { cache, emit } = supervision;
  const { items, resourceVersion } = await list(supervision);
  if (supervision.signal.aborted) return resourceVersion;
  const changes = cache.replace(items);
  // Synced before the handlers run: they may ask.
  supervision.onSynced();
  for (const change of changes) emit(change);
  return resourceVersion;
}

async function list<T extends KubeObject>(supervision: Supervision<T>) {
  const { client, type, options, signal, event, cache, trim } = supervision;
  const { namespace, labelSelector, fieldSelector, pageSize } = options;
  const selection = { namespace, labelSelector, fieldSelector };
  const keep = (object: T) => {
    const known = cache.get(objectKey(object));
    return known !== undefined && sameVersion(known, object) ? known : trim(object);
  };
  const result = await listAll(client, type, { ...selection, pageSize, signal, keep });
  event('list');
  return result;
}

/** One watch, from `resourceVersion` on; it moves `position`; beside it runs the periodic comparison. */
async function watchOnce<T extends KubeObject>(
  supervision: Supervision<T>,
  position: Position,
  resourceVersion: string,
  random: () => number,
): Promise<void> {
  const { client, type, options, signal } = supervision;
  const { min, max } = options.watchSeconds ?? { min: 300, max: 600 };
  const audit = startAudit(supervision, random);
  try {
    const stream = client.watch(type, {
      namespace: options.namespace,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      resourceVersion,
      timeoutSeconds: Math.round(min + (max - min) * random()),
      idleTimeoutMs: options.idleTimeoutMs,
      signal,
      onOpen() {
        supervision.event('connect');
        supervision.onConnected(true);
      },
    });
    for await (const { type: change, object } of stream) {
      if (signal.aborted) return;
      position.version = object.metadata?.resourceVersion ?? position.version;
      position.progressed = true;
      if (change === 'BOOKMARK') supervision.event('bookmark');
      else {
        const key = objectKey(object);
        audit.touched(key);
        supervision.emit(
          change === 'DELETED'
            ? supervision.cache.delete(key)
            : supervision.cache.set(supervision.trim(object)),
        );
      }
    }
  } finally {
    audit.stop();
  }
}

/** Compares the cache with a fresh list now and then, and repairs what the watch lost. */
function startAudit<T extends KubeObject>(supervision: Supervision<T>, random: () => number) {
  const { clock, options, signal, log, type } = supervision;
  const stopped = new AbortController();
  const ended = AbortSignal.any([stopped.signal, signal]);
  let touched = new Set<string>();
  const loop = async () => {
    for (;;) {
      await sleep(clock, (options.relistMs ?? DEFAULT_RELIST_MS) * (0.9 + 0.2 * random()), ended);
      if (ended.aborted) return;
      touched = new Set();
      try {
        await compareWithList({
          list: () => list(supervision),
          settle: () => sleep(clock, options.settleMs ?? DEFAULT_SETTLE_MS, ended),
          cache: supervision.cache,
          wasTouched: (key) => touched.has(key),
          isCurrent: () => !ended.aborted,
          repaired(change) {
            supervision.event('cache_miss');
            log.warn({ kind: type.kind, key: change.key }, 'watch lost a change, repaired from the list');
            supervision.emit(change);
          },
        });
      } catch (error) {
        if (!ended.aborted) log.debug({ kind: type.kind, ...describeError(error) }, 'periodic list failed');
      }
    }
  };
  void loop();
  return { touched: (key: string) => touched.add(key), stop: () => stopped.abort() };
}

/** The version is kept after anything that says nothing about it, so that no change between is missed. */
function mustRelist(problem: unknown, failures: number): boolean {
  if (isGone(problem) || isResourceVersionTooLarge(problem)) return true;
  if (isKubeError(problem) && problem.status >= 400 && !problem.retryable) return true;
  return failures >= FAILURES_BEFORE_RELIST;
}

function retryAfterMs(problem: unknown): number {
  return isKubeError(problem) ? Math.min(problem.retryAfterSeconds ?? 0, 60) * 1000 : 0;
}

function report<T extends KubeObject>(
  { type, log, event }: Supervision<T>,
  problem: unknown,
  failures: number,
  waitMs: number,
): void {
  if (problem === undefined) return;
  const gone = isGone(problem);
  event(gone ? 'gone' : 'error');
  // A broken connection or an old version is everyday business; a series of failures is not.
  const level = failures >= FAILURES_BEFORE_RELIST ? 'warn' : 'debug';
  log[level](
    { kind: type.kind, failures, retryInMs: Math.round(waitMs), ...describeError(problem) },
    gone ? 'watch position expired, listing again' : 'watch failed, trying again',
  );
}
