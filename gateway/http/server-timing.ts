/** What a call that had to wait is told about it: https://www.w3.org/TR/server-timing/ */
import type { ClaimTimes } from '#gateway/pods/pod.ts';

export interface Waiting {
  /** All on the monotonic clock, in milliseconds. */
  readonly arrivedAt: number;
  /** When a pod took the call, and when the pod began to answer. */
  readonly ranAt: number;
  readonly answeredAt: number;
  /** How that pod was claimed, if it was. */
  readonly claim: ClaimTimes | undefined;
}

/**
 * `queue` is all of the wait; `claim` and `load` are the parts of it in which a warm pod became the
 * function's and loaded its code; `function` is what came after, up to the first byte.
 */
export function serverTiming({ arrivedAt, ranAt, answeredAt, claim }: Waiting): string {
  const entries = [entry('queue', ranAt - arrivedAt)];
  if (claim !== undefined && claim.endedAt >= arrivedAt) {
    entries.push(entry('claim', claim.claimMs), entry('load', claim.loadMs));
  }
  entries.push(entry('function', answeredAt - ranAt));
  return entries.join(', ');
}

function entry(name: string, ms: number): string {
  return `${name};dur=${Math.round(ms * 10) / 10}`;
}
