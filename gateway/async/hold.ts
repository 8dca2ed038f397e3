/** Patience with Redis: asynchronous calls wait for its restart or fail-over instead of being refused. */
import { setTimeout as delay } from 'node:timers/promises';

/** A Redis that crashes twice is back within the kubelet's first back-off of 10 s; callers' patience is longer. */
const HOLD_MS = 15_000;
const RETRY_MS = 200;
/** Of one gateway: calls beyond are refused at once. */
const MAX_HELD_CALLS = 1_000;
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** Answers of a Redis that will soon take commands, or of one that is no longer the master. */
const PASSING_REPLY = /^(LOADING|READONLY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|NOREPLICAS) /;

export interface HoldOptions {
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

export class Hold {
  private readonly now: () => number;
  private readonly sleep: (ms: number) => Promise<unknown>;
  private calls = 0;
  private bytes = 0;

  constructor({ now = () => performance.now(), sleep = delay }: HoldOptions = {}) {
    this.now = now;
    this.sleep = sleep;
  }

  /**
   * Attempts something until it succeeds, for 15 s at most. Each attempt must be safe to repeat after one whose answer
   * was lost.
   *
   * @param bytes what the call keeps in memory meanwhile
   * @param abandoned whether nobody waits for the outcome any more
   * @throws the last attempt's error; at once when Redis refused the command, or when too much is held already
   */
  async until<T>(attempt: () => Promise<T>, bytes: number, abandoned: () => boolean): Promise<T> {
    const deadline = this.now() + HOLD_MS;
    let held = false;
    try {
      for (;;) {
        try {
          return await attempt();
        } catch (error) {
          if (!isPassing(error) || this.now() + RETRY_MS > deadline || abandoned()) throw error;
          if (!held && !this.hasRoom(bytes)) throw error;
        }
        if (!held) {
          held = true;
          this.calls++;
          this.bytes += bytes;
        }
        await this.sleep(RETRY_MS);
      }
    } finally {
      if (held) {
        this.calls--;
        this.bytes -= bytes;
      }
    }
  }

  private hasRoom(bytes: number): boolean {
    return this.calls < MAX_HELD_CALLS && this.bytes + bytes <= MAX_HELD_BYTES;
  }
}

/** Everything but a refusal: a broken connection, a command that was not answered in time. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name !== 'ReplyError' || PASSING_REPLY.test(error.message);
}
