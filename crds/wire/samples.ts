/**
 * Load samples: written by each gateway, read by the autoscaler, both once a second, through Redis.
 *
 * - `catnap:gateways`: a set of gateway ids.
 * - `catnap:samples:ID`: a {@link GatewaySample} as JSON that expires after {@link SAMPLE_TTL_MS}.
 *
 * A function that a present sample does not mention has no load there. A sample that is absent says
 * nothing: missing data never means zero.
 */
export const GATEWAYS_KEY = 'catnap:gateways';
export const SAMPLE_PERIOD_MS = 1_000;
export const SAMPLE_TTL_MS = 5_000;

export function sampleKey(gatewayId: string): string {
  return `catnap:samples:${gatewayId}`;
}

export interface FunctionSample {
  /** Time-weighted mean of calls in flight plus queued over the period. */
  concurrency: number;
  /** Calls waiting for a pod at the end of the period. */
  queued: number;
  /** Calls that arrived in the period. */
  arrivals: number;
}

export interface GatewaySample {
  /** Grows by one with each sample, so that a reader sees a gateway stand still without comparing clocks. */
  sequence: number;
  /** By `namespace/name`; only functions that had any load. */
  functions: Record<string, FunctionSample>;
}
