/**
 * Keeps Redis and the statuses of Functions in agreement about launch specs: what a status names is there, and
 * what none names goes. Looks when Redis comes (back) and once a minute, at everything each time.
 */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { functionKey } from '#crds/wire/names.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import { describeError, type Log } from '#kube/log.ts';
import type { Watcher } from '#kube/watcher.ts';
import type { Launches } from './launches.ts';
import type { LaunchStore } from './store.ts';

const PERIOD_MS = 60_000;

export interface LaunchKeeperOptions {
  store: Pick<LaunchStore, 'ready' | 'retire' | 'missing' | 'all' | 'onReady'>;
  launches: Pick<Launches, 'lost' | 'current' | 'waiting'>;
  functions: Pick<Watcher<CatnapFunction>, 'list' | 'onChange'>;
  /** Has a function looked at. */
  enqueue: (functionKey: string) => void;
  log: Log;
  clock: Clock;
}

/** Works until `signal` aborts; never rejects. */
export async function keepLaunchSpecs(options: LaunchKeeperOptions, signal: AbortSignal): Promise<void> {
  const { store, functions, clock, log } = options;
  const retired = new Set<string>();
  let hasSwept = false;
  let pause = new AbortController();
  store.onReady(() => pause.abort());
  const end = functions.onChange(({ current, previous }) => {
    const before = previous?.status?.launch?.digest;
    if (before && before !== current?.status?.launch?.digest) retired.add(before);
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
      await look().catch((error: unknown) => log.warn(describeError(error), 'launch specs not looked after'));
    }
    await sleep(clock, PERIOD_MS, AbortSignal.any([signal, pause.signal]));
  }
  end();
}

async function retireOrphans({ store, launches, functions, log }: LaunchKeeperOptions): Promise<void> {
  let count = 0;
  for await (const digests of store.all()) {
    const named = new Set([...digestsOf(functions).keys(), ...launches.current()]);
    const orphans = digests.filter((digest) => !named.has(digest));
    await store.retire(orphans);
    count += orphans.length;
  }
  if (count > 0) log.info({ count }, 'launch specs that no function names expire');
}

/** A digest that is named again, or may be, stays for now. */
async function retire(options: LaunchKeeperOptions, retired: Set<string>): Promise<void> {
  const inUse = new Set([...digestsOf(options.functions).keys(), ...options.launches.current()]);
  const digests = [...retired].filter((digest) => !inUse.has(digest));
  await options.store.retire(digests);
  for (const digest of digests) retired.delete(digest);
}

/** Has launch specs that Redis lost written again, and those that could not be written. */
async function restore({ store, launches, functions, enqueue, log }: LaunchKeeperOptions): Promise<void> {
  const named = digestsOf(functions);
  const missing = await store.missing([...named.keys()]);
  if (missing.length > 0)
    log.info({ count: missing.length }, 'launch specs are gone from Redis and made anew');
  for (const digest of missing) {
    launches.lost(digest);
    enqueue(named.get(digest) ?? '');
  }
  for (const key of launches.waiting()) enqueue(key);
}

/** The functions by what their statuses name. */
function digestsOf(functions: LaunchKeeperOptions['functions']): Map<string, string> {
  const named = new Map<string, string>();
  for (const { metadata, status } of functions.list()) {
    if (status?.launch) named.set(status.launch.digest, functionKey(metadata.namespace, metadata.name));
  }
  return named;
}
