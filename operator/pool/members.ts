/** Which functions each pool is for. Kept up by watch events, so that nothing is computed for those that rest. */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { functionKey, poolKey } from '#crds/wire/names.ts';
import type { Watcher } from '#kube/watcher.ts';
import { whyDedicated } from '../launch/eligibility.ts';
import { poolName, shapeOf } from './shape.ts';

export interface Members {
  /** Of pools that some function fits, whether there are warm pods or not. */
  poolKeys(): Iterable<string>;
  /** Some function that the pool's pods fit and whose code was seen to load. */
  example(poolKey: string): CatnapFunction | undefined;
  /** Whether the status of any of them sends calls to the pool. */
  isUsed(poolKey: string): boolean;
  stop(): void;
}

/** @param changed is told of every pool whose functions are others than before */
export function trackMembers(
  functions: Pick<Watcher<CatnapFunction>, 'list' | 'onChange'>,
  changed: (poolKey: string) => void,
): Members {
  const members = new Map<string, Map<string, CatnapFunction>>();
  const poolsOf = new Map<string, string>();

  const leave = (key: string) => {
    const pool = poolsOf.get(key) ?? '';
    members.get(pool)?.delete(key);
    if (members.get(pool)?.size === 0) members.delete(pool);
    poolsOf.delete(key);
  };
  const join = (key: string, fn: CatnapFunction | undefined) => {
    const pool = fn && poolKeyFor(fn);
    if (poolsOf.get(key) !== pool) leave(key);
    if (!pool) return;
    const others = members.get(pool) ?? new Map<string, CatnapFunction>();
    members.set(pool, others.set(key, fn));
    poolsOf.set(key, pool);
  };

  const unsubscribe = functions.onChange(({ key, current, previous }) => {
    const before = poolsOf.get(key);
    join(key, current);
    const after = poolsOf.get(key);
    const isSame = before === after && current?.status?.launch?.pool === previous?.status?.launch?.pool;
    for (const pool of isSame ? [] : new Set([before, after])) if (pool) changed(pool);
  });
  for (const fn of functions.list()) join(functionKey(fn.metadata.namespace, fn.metadata.name), fn);
  return {
    poolKeys: () => members.keys(),
    example: (key) => members.get(key)?.values().next().value,
    isUsed: (key) =>
      members
        .get(key)
        ?.values()
        .some((fn) => isLaunchedFrom(fn, key)) ?? false,
    stop: unsubscribe,
  };
}

function isLaunchedFrom({ metadata, status }: CatnapFunction, key: string): boolean {
  return status?.launch !== undefined && poolKey(metadata.namespace, status.launch.pool) === key;
}

/** The pool that a function is for; undefined for those that no warm pod can run, or not yet. */
function poolKeyFor(fn: CatnapFunction): string | undefined {
  const { metadata, spec, status } = fn;
  if (metadata.deletionTimestamp || !status?.loadedRevision || whyDedicated(spec)) return undefined;
  return poolKey(metadata.namespace, poolName(shapeOf(fn)));
}
