/** Percentiles by the nearest-rank method, and rounding for reports. */

/** The smallest value that is not exceeded by `share` (0 to 1) of the ascending values. */
export function percentile(ascending: ArrayLike<number>, share: number): number {
  if (ascending.length === 0) return Number.NaN;
  const rank = Math.ceil(share * ascending.length);
  return ascending[Math.min(ascending.length, Math.max(1, rank)) - 1] as number;
}

/** The usual percentiles of latencies in ms, to the microsecond. */
export function latencies(values: number[]): {
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  max_ms: number;
} {
  const ascending = Float64Array.from(values).sort();
  const at = (share: number) => round(percentile(ascending, share), 3);
  return { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), max_ms: at(1) };
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
