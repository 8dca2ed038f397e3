/** Which records of one partition are finished, and up to where all of them are. Pure but for waiting. */

/** Records that may be ahead of the oldest unfinished one: each takes memory until that is finished. */
const MAX_AHEAD = 10_000;

export class PartitionProgress {
  /** The offset that may be committed: everything before it is finished. */
  position: bigint;
  /** In the order of the offsets; true when finished. */
  private readonly records = new Map<bigint, boolean>();
  private waiting: (() => void)[] = [];

  constructor(position: bigint) {
    this.position = position;
  }

  /**
   * Takes a record note of which is to be handed over.
   * @returns false when it was handed over before: after a rebalance, fetching starts at the committed offset
   */
  begin(offset: bigint): boolean {
    if (offset < this.position || this.records.has(offset)) return false;
    this.records.set(offset, false);
    return true;
  }

  /** @returns whether {@link position} has moved */
  finish(offset: bigint): boolean {
    this.records.set(offset, true);
    let moved = false;
    for (const [oldest, finished] of this.records) {
      if (!finished) break;
      this.records.delete(oldest);
      // Offsets have gaps, where records were compacted or belong to transactions.
      this.position = oldest + 1n;
      moved = true;
    }
    if (moved) this.wake();
    return moved;
  }

  /** Resolves when another record may begin. */
  async room(over: Promise<void>): Promise<void> {
    if (this.records.size < MAX_AHEAD) return;
    const moved = new Promise<void>((resolve) => void this.waiting.push(resolve));
    await Promise.race([moved, over]);
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
