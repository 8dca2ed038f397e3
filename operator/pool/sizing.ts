/** Remembers what the sizes of pools depend on. No I/O. */
import type { PoolConfig } from '../config.ts';
import { addClaim, busiestSpan, type Claims, lastSpan, MEMORY_MS, type PoolNeed, poolSizes } from './size.ts';
import type { PoolDemand } from './supply.ts';

/** Gateways that say nothing more do not wait for ever. */
const BELIEVED_MS = 5_000;

export interface Sizing {
  /** A warm pod of the pool was taken, or one was wanted and there was none. */
  claimed(poolKey: string): void;
  /** What gateways say of functions that wait for a warm pod, by the key of the pool; replaces what was said before. */
  starved(counts: ReadonlyMap<string, number>): void;
  /** What is wanted of a pool now. */
  demandOf(poolKey: string): PoolDemand;
  /** @param present all pools that are needed, with what they are scaled to */
  sizes(present: ReadonlyMap<string, number>): ReadonlyMap<string, number>;
}

export function createSizing(limits: PoolConfig, monotonic: () => number): Sizing {
  const startedAtMs = monotonic();
  const claims = new Map<string, Claims>();
  let starving: { counts: ReadonlyMap<string, number>; atMs: number } | undefined;
  /** What pools were scaled to when this process first saw them. */
  let found: ReadonlyMap<string, number> | undefined;

  const waitingFor = (key: string, nowMs: number): number => {
    const isTold = starving !== undefined && nowMs - starving.atMs < BELIEVED_MS;
    return isTold ? (starving?.counts.get(key) ?? 0) : 0;
  };

  return {
    claimed: (key) => void claims.set(key, addClaim(claims.get(key) ?? [], monotonic())),
    starved: (counts) => {
      starving = counts.size > 0 ? { counts, atMs: monotonic() } : undefined;
    },
    demandOf(key) {
      const nowMs = monotonic();
      return { waiting: waitingFor(key, nowMs), recent: lastSpan(claims.get(key) ?? [], nowMs) };
    },
    sizes(present) {
      found ??= new Map(present);
      for (const key of claims.keys()) if (!present.has(key)) claims.delete(key);
      const nowMs = monotonic();
      // What an earlier leader knew of claims is lost, and that is not the same as none.
      const isUnsure = nowMs - startedAtMs < MEMORY_MS;
      const needOf = (key: string): PoolNeed => ({
        starving: waitingFor(key, nowMs),
        busiest: busiestSpan(claims.get(key) ?? [], nowMs),
        held: isUnsure ? (found?.get(key) ?? 0) : 0,
      });
      return poolSizes(new Map([...present.keys()].map((key) => [key, needOf(key)])), limits);
    },
  };
}
