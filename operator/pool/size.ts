/** How many warm pods each pool should have: pure. docs/scaling.md tells the same in words. */
import type { PoolConfig } from '../config.ts';

/** How far back claims tell of those to come. */
export const MEMORY_MS = 300_000;
/** A pool has to do for so long: by then a pod that is taken has been replaced. */
export const SPAN_MS = 10_000;
/** More claims than any pool serves; a bound on memory. */
const MAX_CLAIMS = 10_000;

/** When pods were taken, or would have been, in milliseconds; oldest first. */
export type Claims = readonly number[];

export function addClaim(claims: Claims, nowMs: number): Claims {
  return [...recent(claims, nowMs), nowMs].slice(-MAX_CLAIMS);
}

/** Claims of the last ten seconds. */
export function lastSpan(claims: Claims, nowMs: number): number {
  return claims.filter((time) => time > nowMs - SPAN_MS).length;
}

/** The most claims in any ten seconds of the last five minutes. */
export function busiestSpan(claims: Claims, nowMs: number): number {
  const times = recent(claims, nowMs);
  let most = 0;
  let first = 0;
  for (const [index, time] of times.entries()) {
    while ((times[first] ?? time) <= time - SPAN_MS) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

export interface PoolNeed {
  /** Claims in the busiest ten seconds. */
  busiest: number;
  /** Functions that wait for a pod of it. */
  starving: number;
  /** What it has to keep at least while nothing is known of earlier claims; 0 once something is. */
  held: number;
}

/**
 * The size of each pool, by its key. When all together would be too many, each first gets what it keeps when it
 * is quiet, and then those that need the most get what they need.
 */
export function poolSizes(
  needs: ReadonlyMap<string, PoolNeed>,
  { min, max, total }: PoolConfig,
): Map<string, number> {
  const wanted = [...needs].map(([key, { busiest, starving, held }]) => ({
    key,
    growth: Math.min(max, Math.max(min + busiest + starving, held)) - min,
  }));
  // By name among equals: the same pools must not win one second and lose the next.
  wanted.sort((a, b) => b.growth - a.growth || (a.key < b.key ? -1 : 1));
  let left = total;
  const take = (amount: number) => {
    const taken = Math.min(amount, left);
    left -= taken;
    return taken;
  };
  const floors = new Map(wanted.map(({ key }) => [key, take(min)]));
  return new Map(wanted.map(({ key, growth }) => [key, (floors.get(key) ?? 0) + take(growth)]));
}

function recent(claims: Claims, nowMs: number): Claims {
  const start = claims.findIndex((time) => time > nowMs - MEMORY_MS);
  return start < 0 ? [] : claims.slice(start);
}
