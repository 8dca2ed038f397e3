/** Remembers what the sizes of pools depend on. No I/O. */
import type { PoolConfig } from '../config.ts';
import { addClaim, busiestSpan, type Claims, MEMORY_MS, type PoolNeed, poolSizes } from './size.ts';

export interface Sizing {
  /** A warm pod of the pool was taken, or one was wanted and there was none. */
  claimed(poolKey: string): void;
  /** @param present all pools that are needed, with what they are scaled to */
  sizes(present: ReadonlyMap<string, number>): ReadonlyMap<string, number>;
}

export function createSizing(limits: PoolConfig, monotonic: () => number): Sizing {
  const startedAtMs = monotonic();
  const claims = new Map<string, Claims>();
  /** What pools were scaled to when this process first saw them. */
  let found: ReadonlyMap<string, number> | undefined;

  return {
    claimed: (key) => void claims.set(key, addClaim(claims.get(key) ?? [], monotonic())),
    sizes(present) {
      found ??= new Map(present);
      for (const key of claims.keys()) if (!present.has(key)) claims.delete(key);
      const nowMs = monotonic();
      // What an earlier leader knew of claims is lost, and that is not the same as none.
      const isUnsure = nowMs - startedAtMs < MEMORY_MS;
      const needOf = (key: string): PoolNeed => ({
        busiest: busiestSpan(claims.get(key) ?? [], nowMs),
        held: isUnsure ? (found?.get(key) ?? 0) : 0,
      });
      return poolSizes(new Map([...present.keys()].map((key) => [key, needOf(key)])), limits);
    },
  };
}
