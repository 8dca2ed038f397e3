/**
 * The order in which events go into calls: as they came, several together, and never two calls at the same time
 * with events of the same key. Pure bookkeeping.
 */
import type { TriggerEvent } from './source.ts';

/** Of one call; a single event may be larger. */
const MAX_BATCH_BYTES = 1024 * 1024;

export interface Waiting {
  readonly event: TriggerEvent;
  /** When it came, on the monotonic clock. */
  readonly since: number;
}

export class Lanes<Item extends Waiting> {
  /** As they came; one whose key is busy steps aside when its turn comes. */
  private ready: Item[] = [];
  /** Behind a call with events of the same key, by key. */
  private readonly blocked = new Map<string, Item[]>();
  private readonly busy = new Set<string>();
  /** Keys that are blocked no more: what waits of them came before all that is in line. */
  private readonly freed = new Set<string>();

  push(item: Item): void {
    this.ready.push(item);
  }

  /**
   * The events of the next call, whose keys are busy from now on; pair with {@link done}. Empty when none can
   * go; a number when they are to wait for more until then.
   *
   * @param dueBefore events that came before this go even if they do not make a full batch
   */
  take(maxEvents: number, dueBefore: number): Item[] | number {
    const batch: Item[] = [];
    let bytes = 0;
    let full = false;
    while (batch.length < maxEvents) {
      const line = this.next();
      const item = line[0];
      if (item === undefined) break;
      const { length } = item.event.data;
      full = batch.length > 0 && bytes + length > MAX_BATCH_BYTES;
      if (full) break;
      line.shift();
      bytes += length;
      batch.push(item);
    }
    const [oldest] = batch;
    if (oldest === undefined) return [];
    if (!full && batch.length < maxEvents && oldest.since > dueBefore) {
      // Nothing else is in line.
      this.ready = batch;
      return oldest.since;
    }
    for (const { event } of batch) if (event.key !== undefined) this.occupy(event.key);
    return batch;
  }

  /** The call with these events has ended. */
  done(batch: readonly Item[]): void {
    for (const { event } of batch) {
      if (event.key === undefined) continue;
      this.busy.delete(event.key);
      if (this.blocked.has(event.key)) this.freed.add(event.key);
    }
  }

  /** Takes out all that wait. */
  clear(): Item[] {
    const all = [...this.ready, ...[...this.blocked.values()].flat()];
    this.ready = [];
    this.blocked.clear();
    this.freed.clear();
    return all;
  }

  /** The line whose first event may go; without events when none can. */
  private next(): Item[] {
    for (const key of this.freed) {
      const line = this.blocked.get(key);
      if (line !== undefined && line.length > 0) return line;
      this.freed.delete(key);
      this.blocked.delete(key);
    }
    for (;;) {
      const item = this.ready[0];
      const key = item?.event.key;
      if (item === undefined || key === undefined || !this.busy.has(key)) return this.ready;
      this.ready.shift();
      this.block(key, item);
    }
  }

  private occupy(key: string): void {
    this.busy.add(key);
    this.freed.delete(key);
    if (this.blocked.get(key)?.length === 0) this.blocked.delete(key);
  }

  private block(key: string, item: Item): void {
    const waiting = this.blocked.get(key);
    if (waiting) waiting.push(item);
    else this.blocked.set(key, [item]);
  }
}
