/**
 * A supervised cache of a collection: list, then watch, for ever, through every failure.
 *
 * Reads one collection and writes nothing. Handlers get each change once, in order; they should only note
 * a key and return.
 */
import { type Cache, type Change, createCache, type IndexFunction } from './cache.ts';
import type { KubeClient } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { describeError, type Log, silentLog } from './log.ts';
import { type KubeObject, keyOf, type ResourceType } from './resource.ts';
import { superviseWatch } from './watch-supervisor.ts';

export { byLabel, type Change, type IndexFunction } from './cache.ts';

/** What happens to a watcher, for metrics. */
export type WatcherEvent =
  /** A list succeeded. */
  | 'list'
  /** A watch was accepted. */
  | 'connect'
  /** The server ended a watch as agreed. */
  | 'end'
  /** A list or watch failed and will be tried again. */
  | 'error'
  /** The resourceVersion was too old; a new list follows. */
  | 'gone'
  | 'bookmark'
  /** The periodic list found a change that an unbroken watch should have brought and did not. */
  | 'cache_miss'
  /** A handler threw. */
  | 'handler_error';

export interface WatcherObserver {
  event(kind: string, event: WatcherEvent): void;
}

export interface WatcherOptions<T> {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  log?: Log;
  observe?: WatcherObserver;
  /** How often the cache is compared with a fresh list; default 10 min. */
  relistMs?: number;
  /** How long an event may take to come in before the comparison counts it as lost; default 5 s. */
  settleMs?: number;
  pageSize?: number;
  /** Back-off between failures; default 0.2 s doubling to 5 s, less up to half at random. */
  retry?: { minMs: number; maxMs: number };
  /** Bounds between which each watch's length is drawn; default 5–10 min. */
  watchSeconds?: { min: number; max: number };
  idleTimeoutMs?: number;
  /** What to keep of each object, to save memory; `metadata.managedFields` is always dropped. */
  transform?: (object: T) => T;
  indexes?: Record<string, IndexFunction<T>>;
  random?: () => number;
  clock?: Clock;
}

export interface Watcher<T> {
  /** The cache holds a full list. Stays true when the connection breaks: the cache is then old, not wrong. */
  readonly synced: boolean;
  /** A watch is open at this moment. */
  readonly connected: boolean;
  /** Rejects when `signal` aborts or the watcher stops first. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /** The cached object, frozen. `namespace` is empty for kinds without namespaces. */
  get(namespace: string, name: string): T | undefined;
  list(): T[];
  /** Objects whose index function gave `value`. */
  byIndex(index: string, value: string): T[];
  /** Later changes only; register before `start` to get all. Returns a function that unregisters. */
  onChange(handler: (change: Change<T>) => void): () => void;
  start(): void;
  /** Resolves when nothing runs any more; no handler is called afterwards. */
  stop(): Promise<void>;
}

export function createWatcher<T extends KubeObject>(
  client: Pick<KubeClient, 'list' | 'watch'>,
  type: ResourceType<T>,
  options: WatcherOptions<T> = {},
): Watcher<T> {
  const { log = silentLog, clock = systemClock } = options;
  const cache: Cache<T> = createCache(options.indexes);
  const handlers = new Set<(change: Change<T>) => void>();
  const lifetime = new AbortController();
  const firstSync = Promise.withResolvers<void>();
  firstSync.promise.catch(() => {});
  let connected = false;
  let synced = false;
  let running: Promise<void> | undefined;

  const event = (name: WatcherEvent) =>
    callSafely(
      () => options.observe?.event(type.kind, name),
      undefined,
      (error) => log.error({ kind: type.kind, ...describeError(error) }, 'watch observer failed'),
    );

  const emit = (change: Change<T> | undefined) => {
    if (change === undefined || lifetime.signal.aborted) return;
    for (const handler of [...handlers]) {
      callSafely(handler, change, (error) => {
        event('handler_error');
        log.error({ kind: type.kind, key: change.key, ...describeError(error) }, 'watch handler failed');
      });
    }
  };

  const run = () =>
    superviseWatch({
      client,
      type,
      options,
      clock,
      log,
      signal: lifetime.signal,
      event,
      cache,
      trim: trimmer(options.transform),
      emit,
      onSynced() {
        synced = true;
        firstSync.resolve();
      },
      onConnected(value) {
        connected = value;
      },
    });

  return {
    get synced() {
      return synced;
    },
    get connected() {
      return connected;
    },
    whenSynced: (signal) => raceAbort(firstSync.promise, signal),
    get: (namespace, name) => cache.get(keyOf(namespace, name)),
    list: () => cache.list(),
    byIndex: (index, value) => cache.byIndex(index, value),
    onChange(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    start() {
      if (lifetime.signal.aborted) throw new Error(`The watcher of ${type.plural} was stopped`);
      running ??= run();
    },
    async stop() {
      lifetime.abort();
      firstSync.reject(new Error(`The watcher of ${type.plural} was stopped`));
      await running;
      connected = false;
    },
  };
}

/** What is kept of an object on its way into the cache. */
function trimmer<T extends KubeObject>(transform: ((object: T) => T) | undefined): (object: T) => T {
  return (object) => {
    if (object.metadata?.managedFields !== undefined) delete object.metadata.managedFields;
    return transform === undefined ? object : transform(object);
  };
}

/** Also catches what an async function, which fits the type too, rejects with. */
function callSafely<A>(run: (argument: A) => unknown, argument: A, onError: (error: unknown) => void): void {
  try {
    const result = run(argument);
    if (result instanceof Promise) result.catch(onError);
  } catch (error) {
    onError(error);
  }
}

function raceAbort(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
