/** What the load generator is told, and what it tells. */

export interface LoadPlan {
  host: string;
  port: number;
  path: string;
  /** Sent with each call. */
  headers?: Record<string, string>;
  /** The status of a good answer; 200 when absent. */
  good?: number;
  /** Closed loop: this many connections, each sends its next call when it has the answer. */
  connections?: number;
  /** Open loop: calls per second, whatever comes back. */
  rate?: number;
  /** Not measured. */
  warmupMs: number;
  durationMs: number;
  /** A call without an answer by then counts as `none`. */
  answerTimeoutMs: number;
}

export interface LoadResult {
  /** From the end of the warm-up to the last answer. */
  elapsedMs: number;
  /** Answers by status; `none` for calls without one. */
  statuses: Record<string, number>;
  /** Of good answers, in ms. */
  latenciesMs: number[];
  /** Of other answers, in ms. */
  refusalsMs: number[];
  /** Refusals that carry Retry-After. */
  retryAfter: number;
  /** Of an open loop's calls, how long after its time each was sent: what the generator itself waited for a core. */
  lateMs: number[];
}

export function noLoad(): LoadResult {
  return { elapsedMs: 0, statuses: {}, latenciesMs: [], refusalsMs: [], retryAfter: 0, lateMs: [] };
}

/** Many calls at the same moment, each on a connection that is open already. */
export interface BurstPlan {
  host: string;
  port: number;
  /** One connection and one call each. */
  burst: string[];
  answerTimeoutMs: number;
}

export interface BurstCall {
  /** Place in the plan. */
  index: number;
  /** Undefined when there was no answer. */
  status?: number;
  body: string;
  /** From the moment at which the burst began. */
  ms: number;
}

export interface BurstResult {
  calls: BurstCall[];
  /** From the first request written to the last; what the generator itself adds to the times at most. */
  writtenMs: number;
}
