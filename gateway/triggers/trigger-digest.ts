import type { Function as CatnapFunction } from '#crds/function/types.ts';

/** Where the trigger specs of a Function are kept; undefined when it has no triggers that could run. */
export function triggerDigestOf(fn: CatnapFunction | undefined): string | undefined {
  return fn?.status?.triggers?.digest;
}
