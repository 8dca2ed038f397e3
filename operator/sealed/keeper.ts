/**
 * Keeps Redis and the statuses of Functions in agreement about one kind of sealed things: what a status names is
 * there, and what none names goes. Looks when Redis comes (back) and once a minute, at everything each time.
 */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { functionKey } from '#crds/wire/names.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import { describeError, type Log } from '#kube/log.ts';
import type { Watcher } from '#kube/watcher.ts';
import type { SealedStore } from './store.ts';

const PERIOD_MS = 60_000;

/** Whoever makes the things. */
export interface SealedMaker {
  /** Redis does not have this one any more: it is written again when its function is next looked at. */
  lost(digest: string): void;
  /** What statuses name by now, or will in a moment. */
  current(): ReadonlySet<string>;
  /** Functions that go without for lack of Redis. */
  waiting(): readonly string[];
}

export interface KeeperOptions {
  /** Of the things, in words; for the log. */
  what: string;
  store: Pick<SealedStore, 'ready' | 'retire' | 'missing' | 'all' | 'onReady'>;
  maker: SealedMaker;
  functions: Pick<Watcher<CatnapFunction>, 'list' | 'onChange'>;
  /** What the function's status names. */
  digestOf: (fn: CatnapFunction) => string | undefined;
  /** Has a function looked at. */
  enqueue: (functionKey: string) => void;
  log: Log;
  clock: Clock;
}

/** Works until `signal` aborts; never rejects. */
export async function keepSealed(options: KeeperOptions, signal: AbortSignal): Promise<void> {
  const { what, store, functions, digestOf, clock, log } = options;
  const retired = new Set<string>();
  let hasSwept = false;
  let pause = new AbortController();
  store.onReady(() => pause.abort());
  const end = functions.onChange(({ current, previous }) => {
    const before = previous && digestOf(previous);
    if (before && before !== (current && digestOf(current))) retired.add(before);
  });

  const look = async () => {
    // Another leader may have left some that nobody names; from then on every change is seen.
    if (!hasSwept) await retireOrphans(options);
    hasSwept = true;
    await retire(options, retired);
    await restore(options);
  };

  while (!signal.aborted) {
    pause = new AbortController();
    if (store.ready) {
      await look().catch((error: unknown) => log.warn(describeError(error), `${what} not looked after`));
    }
    await sleep(clock, PERIOD_MS, AbortSignal.any([signal, pause.signal]));
  }
  end();
}

async function retireOrphans(options: KeeperOptions): Promise<void> {
  const { what, store, maker, log } = options;
  let count = 0;
  for await (const digests of store.all()) {
    const named = new Set([...digestsOf(options).keys(), ...maker.current()]);
    const orphans = digests.filter((digest) => !named.has(digest));
    await store.retire(orphans);
    count += orphans.length;
  }
  if (count > 0) log.info({ count }, `${what} that no function names expire`);
}

/** A digest that is named again, or may be, stays for now. */
async function retire(options: KeeperOptions, retired: Set<string>): Promise<void> {
  const inUse = new Set([...digestsOf(options).keys(), ...options.maker.current()]);
  const digests = [...retired].filter((digest) => !inUse.has(digest));
  await options.store.retire(digests);
  for (const digest of digests) retired.delete(digest);
}

/** Has those that Redis lost written again, and those that could not be written. */
async function restore(options: KeeperOptions): Promise<void> {
  const { what, store, maker, enqueue, log } = options;
  const named = digestsOf(options);
  const missing = await store.missing([...named.keys()]);
  if (missing.length > 0) log.info({ count: missing.length }, `${what} are gone from Redis and made anew`);
  for (const digest of missing) {
    maker.lost(digest);
    enqueue(named.get(digest) ?? '');
  }
  for (const key of maker.waiting()) enqueue(key);
}

/** The functions by what their statuses name. */
function digestsOf({ functions, digestOf }: KeeperOptions): Map<string, string> {
  const named = new Map<string, string>();
  for (const fn of functions.list()) {
    const digest = digestOf(fn);
    if (digest) named.set(digest, functionKey(fn.metadata.namespace, fn.metadata.name));
  }
  return named;
}
