/** Exponential back-off with jitter. */
export interface BackoffOptions {
  minMs: number;
  maxMs: number;
  factor?: number;
  /** Up to this fraction is taken off at random, so that many clients do not return in step. */
  jitter?: number;
  random?: () => number;
}

/** Milliseconds to wait before retry number `failures` (1 after the first failure). Pure but for `random`. */
export function backoffMs(failures: number, options: BackoffOptions): number {
  const { minMs, maxMs, factor = 2, jitter = 0.5, random = Math.random } = options;
  const full = Math.min(maxMs, minMs * factor ** Math.max(0, failures - 1));
  return full * (1 - jitter * random());
}
