/** How many hosts each pool of them should have: pure but for what it remembers. */
import { HOST_CAPACITY } from './resources.ts';
import { MEMORY_MS } from './size.ts';

/** Fuller than this, and the functions of the next minute may find no room. */
const FILL = 0.7;
/** Of one pool; functions beyond get pods of their own. */
const MAX_HOSTS = 10;

/** @param loaded functions that were loaded, or wanted to be, at the same time */
export function hostsFor(loaded: number): number {
  return Math.min(MAX_HOSTS, Math.max(1, Math.ceil(loaded / (HOST_CAPACITY * FILL))));
}

export interface HostSizing {
  /** What gateways say is loaded, by the key of the pool. */
  loaded(counts: ReadonlyMap<string, number>): void;
  /** A function found no room and was woken otherwise. */
  missed(poolKey: string): void;
  sizes(poolKeys: Iterable<string>): ReadonlyMap<string, number>;
}

/** Remembers the most of the last minutes: hosts are slow to come, and cost little while they rest. */
export function createHostSizing(monotonic: () => number): HostSizing {
  const peaks = new Map<string, { count: number; atMs: number }>();
  const note = (key: string, count: number) => {
    const known = peakOf(key);
    if (count >= known) peaks.set(key, { count, atMs: monotonic() });
  };
  const peakOf = (key: string) => {
    const peak = peaks.get(key);
    return peak && monotonic() - peak.atMs < MEMORY_MS ? peak.count : 0;
  };
  return {
    loaded(counts) {
      for (const [key, count] of counts) note(key, count);
    },
    missed: (key) => note(key, peakOf(key) + 1),
    sizes(keys) {
      const present = [...keys];
      for (const key of peaks.keys()) if (!present.includes(key)) peaks.delete(key);
      return new Map(present.map((key) => [key, hostsFor(peakOf(key))]));
    },
  };
}
