/** Values over time as plain data, oldest first; every function returns a new window. */

export interface TimedValue {
  atMs: number;
  value: number;
}
export type Window = readonly TimedValue[];

/** Adds a value and drops what is older than `spanMs`. */
export function append(window: Window, entry: TimedValue, spanMs: number): Window {
  return [...recent(window, entry.atMs, spanMs), entry];
}

/** Mean of the values of the last `spanMs`, or undefined if there are none. */
export function mean(window: Window, nowMs: number, spanMs: number): number | undefined {
  const entries = recent(window, nowMs, spanMs);
  if (entries.length === 0) return undefined;
  return entries.reduce((sum, { value }) => sum + value, 0) / entries.length;
}

/**
 * Adds a value to a window of which only the maximum is of interest: what is older and not larger can
 * never be the maximum again, so it goes. The length is then bounded by the number of distinct values,
 * not by the span, which may be a day.
 */
export function appendToMaximum(window: Window, entry: TimedValue, spanMs: number): Window {
  return [...recent(window, entry.atMs, spanMs).filter(({ value }) => value > entry.value), entry];
}

/** The largest value of the last `spanMs` in a window built by {@link appendToMaximum}; 0 if there is none. */
export function maximum(window: Window, nowMs: number, spanMs: number): number {
  return recent(window, nowMs, spanMs)[0]?.value ?? 0;
}

function recent(window: Window, nowMs: number, spanMs: number): Window {
  const start = window.findIndex(({ atMs }) => atMs > nowMs - spanMs);
  return start < 0 ? [] : window.slice(start);
}
