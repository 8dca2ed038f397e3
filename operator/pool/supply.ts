/** Whether pools have as many pods on their way as are wanted at once: pure. */

/** Pods of a pool, by their labels. */
export interface PoolPods {
  all: number;
  /** Of these, ready and nobody's. */
  free: number;
  /** Of these, on their way and nobody's. */
  starting: number;
}

export interface Supply {
  /** There is a pod on its way for each function that waits; where none does, as many as the pool's state asks for. */
  suffices(poolKey: string): boolean;
  /** A pod of the pool is labelled as a function's: the pool starts another. */
  replaced(poolKey: string): void;
}

/**
 * @param starving how many functions wait, by the key of the pool
 * @param podsOf the pods of a pool
 */
export function createSupply(
  starving: ReadonlyMap<string, number>,
  podsOf: (poolKey: string) => PoolPods,
): Supply {
  const known = new Map<string, PoolPods>();
  const supplyOf = (key: string) => {
    const supply = known.get(key) ?? { ...podsOf(key) };
    known.set(key, supply);
    return supply;
  };
  return {
    suffices(key) {
      const supply = supplyOf(key);
      return supply.starting >= (starving.get(key) || refillsAtOnce(supply));
    },
    replaced(key) {
      supplyOf(key).starting += 1;
    },
  };
}

/**
 * How many pods a pool starts at a time while nobody waits for one: one while it is more than half full, two below. Each
 * takes CPU from those that serve; that somebody waits is soon enough to hurry.
 */
function refillsAtOnce({ all, free }: PoolPods): number {
  return 2 * free > all ? 1 : 2;
}
