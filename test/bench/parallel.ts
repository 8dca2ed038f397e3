/** Many things at a time, but not all of them. */

/**
 * Runs `work` for every item, at most `atOnce` at the same time, in order of their start.
 *
 * @throws what the first failing run threw; nothing further is started then
 */
export async function forEachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (!failed && next < items.length) {
      const index = next++;
      await work(items[index] as T, index).catch((error) => {
        failed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}

/** `PREFIX-0`, `PREFIX-1`, … */
export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** As many of the items as wanted, spread evenly over all of them; never one twice. */
export function spread<T>(items: readonly T[], wanted: number): T[] {
  const count = Math.min(wanted, items.length);
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)] as T);
}
