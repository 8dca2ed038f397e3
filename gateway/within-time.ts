/** What the work comes to; undefined when that takes longer than `ms`. The work goes on. Rejects as the work does. */
export function withinTime<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
