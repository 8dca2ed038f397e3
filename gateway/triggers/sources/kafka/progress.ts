/** Which records of one partition are finished, and up to where all of them are. Pure. */

import type { Held } from '../session.ts';

/** Records that may be ahead of the oldest unfinished one: each takes memory until that is finished. */
const MAX_AHEAD = 10_000;

export class PartitionProgress {
  /** The offset that may be committed: everything before it is finished. */
  position: bigint;
  /** Bytes of those in hand, undefined for what is finished; in the order of the offsets. */
  private readonly records = new Map<bigint, number | undefined>();
  private held = { events: 0, bytes: 0 };

  constructor(position: bigint) {
    this.position = position;
  }

  /**
   * Takes a record note of which is to be handed over.
   * @returns false when it was handed over before: after a rebalance, fetching starts at the committed offset
   */
  begin(offset: bigint, bytes: number): boolean {
    if (offset < this.position || this.records.has(offset)) return false;
    this.records.set(offset, bytes);
    this.held.events += 1;
    this.held.bytes += bytes;
    return true;
  }

  /** @returns whether {@link position} has moved */
  finish(offset: bigint): boolean {
    this.held.events -= 1;
    this.held.bytes -= this.records.get(offset) ?? 0;
    this.records.set(offset, undefined);
    let moved = false;
    for (const [oldest, inHand] of this.records) {
      if (inHand !== undefined) break;
      this.records.delete(oldest);
      // Offsets have gaps, where records were compacted or belong to transactions.
      this.position = oldest + 1n;
      moved = true;
    }
    return moved;
  }

  /** Begun and not finished. */
  get inHand(): Held {
    return this.held;
  }

  /** Whether the oldest unfinished record holds up so many that no other may begin. */
  get full(): boolean {
    return this.records.size >= MAX_AHEAD;
  }
}
