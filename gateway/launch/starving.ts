/** Functions with calls that found no pod of their pool, by the key of the pool; who came first is first. */
import type { FunctionState, Launch } from '#gateway/functions/function-state.ts';

export class Starving {
  private readonly functions = new Map<string, Set<FunctionState>>();

  add(fn: FunctionState, { poolKey }: Launch): void {
    const functions = this.functions.get(poolKey) ?? new Set();
    this.functions.set(poolKey, functions.add(fn));
  }

  /** Those that still wait for this pool, as a copy; the others are forgotten. */
  of(poolKey: string): FunctionState[] {
    const functions = this.functions.get(poolKey);
    for (const fn of functions ?? []) {
      if (fn.waiting === 0 || fn.hasPodUp || fn.launch?.poolKey !== poolKey) functions?.delete(fn);
    }
    if (functions?.size === 0) this.functions.delete(poolKey);
    return [...(functions ?? [])];
  }

  delete(fn: FunctionState, poolKey: string): void {
    this.functions.get(poolKey)?.delete(fn);
  }

  /** How many of each pool still wait, by its key. */
  counts(isCounted: (fn: FunctionState) => boolean): Map<string, number> {
    const counts = [...this.functions.keys()].map(
      (poolKey) => [poolKey, this.of(poolKey).filter(isCounted).length] as const,
    );
    return new Map(counts.filter(([, count]) => count > 0));
  }
}
