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

/** A warm pod that this gateway claimed for a function, and that is not yet labelled as the function's. */
export interface Claim {
  namespace: string;
  pod: string;
  podUid: string;
  /** Without its namespace. */
  function: string;
  revision: string;
  /** What the claim took, in milliseconds: until the pod answered, and the loading of the code within that. */
  claimMs: number;
  loadMs: number;
  /** The code did not load, and the pod ends. */
  loadFailed?: true;
  /** Not the function's first pod since it slept: its calls needed more than one. */
  growth?: true;
}

/** A pod with a pool's label that refuses claims: another gateway claimed it and did not live to tell. */
export interface Stray {
  namespace: string;
  pod: string;
  podUid: string;
}

/** How long the parts of a cold start took, in milliseconds. */
export interface ColdStart {
  /** When the first byte of the answer came, in milliseconds since 1970. */
  atMs: number;
  start: 'pooled' | 'isolate' | 'dedicated';
  /** Until the claim of a warm pod began; for a pod of its own, until that took the call. */
  queuedMs: number;
  /** Of warm pods: the claim without the loading of the code, and that loading. */
  claimedMs?: number;
  loadedMs?: number;
  /** From there to the first byte of the answer. */
  firstByteMs: number;
}

/** How a trigger fares that this gateway runs. */
export interface TriggerReport {
  namespace: string;
  /** Without its namespace. */
  function: string;
  trigger: string;
  connected: boolean;
  /** One of the reasons in reasons.ts, and a sentence for people. */
  reason: string;
  message: string;
}

export interface GatewaySample {
  /** Grows by one with each sample, so that a reader sees a gateway stand still without comparing clocks. */
  sequence: number;
  /** By `namespace/name`; only functions that had any load. */
  functions: Record<string, FunctionSample>;
  /** Absent when there are none. */
  claims?: Claim[];
  strays?: Stray[];
  /** By `namespace/name`: the last one of each function, repeated for some seconds. Absent when there are none. */
  coldStarts?: Record<string, ColdStart>;
  triggers?: TriggerReport[];
  /** Functions that this gateway knows to be loaded on shared hosts, by `namespace/~pool`. */
  isolates?: Record<string, number>;
  /** Functions that wait for a warm pod and have none of their own on the way, by `namespace/~pool`. */
  starving?: Record<string, number>;
}
