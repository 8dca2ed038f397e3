/** Whether pools have as many pods on their way as functions wait for: pure. */

export interface Supply {
  /** Functions wait, and there is a pod on its way for each of them. */
  suffices(poolKey: string): boolean;
  /** A pod of the pool is labelled as a function's: the pool starts another. */
  replaced(poolKey: string): void;
}

/**
 * @param starving how many functions wait, by the key of the pool
 * @param starting how many pods of a pool are on their way
 */
export function createSupply(
  starving: ReadonlyMap<string, number>,
  starting: (poolKey: string) => number,
): Supply {
  const onTheWay = new Map<string, number>();
  const supplyOf = (key: string) => {
    const known = onTheWay.get(key) ?? starting(key);
    onTheWay.set(key, known);
    return known;
  };
  return {
    suffices(key) {
      const wanted = starving.get(key) ?? 0;
      return wanted > 0 && supplyOf(key) >= wanted;
    },
    replaced(key) {
      if (starving.has(key)) onTheWay.set(key, supplyOf(key) + 1);
    },
  };
}
