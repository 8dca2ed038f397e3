/**
 * What this gateway tells the operator about cold starts, for `status.lastColdStart`. Only functions that just
 * started take up memory here.
 */
import type { ColdStart } from '#crds/wire/samples.ts';
import type { ClaimTimes } from '#gateway/pods/pod.ts';

/** Each is told of for so long: time for another operator to take over. */
const TOLD_MS = 15_000;
/** A bound on what a sample may hold; the oldest were told of before. */
const MAX_ENTRIES = 1_000;

export interface ColdStartBookOptions {
  /** Wall clock, and a clock for durations; in milliseconds. */
  readonly now: () => number;
  readonly monotonic: () => number;
}

export interface AnsweredColdStart {
  /** How long the function had no pod, and from then to the first byte of the answer. */
  readonly coldMs: number;
  readonly firstByteMs: number;
  /** Of the warm pod that took the call, if one did. */
  readonly claim: ClaimTimes | undefined;
}

export class ColdStartBook {
  /** By `namespace/name`, in the order in which they came. */
  private readonly entries = new Map<string, { coldStart: ColdStart; sinceMs: number }>();
  private readonly options: ColdStartBookOptions;

  constructor(options: ColdStartBookOptions) {
    this.options = options;
  }

  /** A call that ended a cold start of the function got its first byte. */
  answered(functionKey: string, answered: AnsweredColdStart): void {
    const { now, monotonic } = this.options;
    this.entries.delete(functionKey);
    this.entries.set(functionKey, { coldStart: phases(answered, now()), sinceMs: monotonic() });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= MAX_ENTRIES) break;
      this.entries.delete(oldest);
    }
  }

  /** For the sample. */
  report(): { coldStarts?: Record<string, ColdStart> } {
    const expiredMs = this.options.monotonic() - TOLD_MS;
    for (const [key, { sinceMs }] of this.entries) {
      if (sinceMs > expiredMs) break;
      this.entries.delete(key);
    }
    if (this.entries.size === 0) return {};
    return {
      coldStarts: Object.fromEntries([...this.entries].map(([key, { coldStart }]) => [key, coldStart])),
    };
  }
}

function phases({ coldMs, firstByteMs, claim }: AnsweredColdStart, atMs: number): ColdStart {
  if (!claim) return { atMs, start: 'dedicated', queuedMs: round(coldMs), firstByteMs: round(firstByteMs) };
  return {
    atMs,
    start: claim.start,
    queuedMs: round(coldMs - claim.claimMs),
    claimedMs: round(claim.claimMs - claim.loadMs),
    loadedMs: round(claim.loadMs),
    firstByteMs: round(firstByteMs),
  };
}

/** A claim may be older than the wait for it, by a clock's breath. */
function round(ms: number): number {
  return Math.max(0, Math.round(ms * 10) / 10);
}
