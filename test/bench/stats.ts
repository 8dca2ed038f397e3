/** Percentiles by the nearest-rank method, rates, and rounding for reports. */

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

/** Per second from the first to the last of these times, in ms and in any order; NaN for fewer than two. */
export function ratePerSecond(timesMs: number[]): number {
  if (timesMs.length < 2) return Number.NaN;
  const span = timesMs.reduce((a, b) => Math.max(a, b)) - timesMs.reduce((a, b) => Math.min(a, b));
  return ((timesMs.length - 1) / span) * 1000;
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
