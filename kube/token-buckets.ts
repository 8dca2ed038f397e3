/** Rate limits by subject. No I/O; bounded memory. */
export interface TokenBuckets {
  /** True if the subject may act at time `nowMs` (any monotonic origin). */
  take(subject: string, nowMs: number): boolean;
}

/** Each subject may act `burst` times at once, and once more per `refillMs`. */
export function createTokenBuckets(options: {
  burst: number;
  refillMs: number;
  maxSubjects?: number;
}): TokenBuckets {
  const { burst, refillMs, maxSubjects = 4_096 } = options;
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(subject, nowMs) {
      const known = buckets.get(subject) ?? { tokens: burst, at: nowMs };
      const tokens = Math.min(burst, known.tokens + (nowMs - known.at) / refillMs);
      const allowed = tokens >= 1;
      // Re-inserted, so that the order is that of use and the idlest subject can be forgotten.
      buckets.delete(subject);
      buckets.set(subject, { tokens: allowed ? tokens - 1 : tokens, at: nowMs });
      if (buckets.size > maxSubjects) buckets.delete(buckets.keys().next().value as string);
      return allowed;
    },
  };
}
