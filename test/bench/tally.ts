/** Counts by kind. */

/** How often each value occurs, most frequent first. */
export function countBy(values: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

/** `3 × 503 queue-full, 1 × timeout` */
export function describeCounts(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(', ');
}
