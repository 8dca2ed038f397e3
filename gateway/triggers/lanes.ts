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
  private ready: Item[] = [];
  /** Behind a call with events of the same key, by key. */
  private readonly blocked = new Map<string, Item[]>();
  private readonly busy = new Set<string>();

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
      const item = this.ready[0];
      if (item === undefined) break;
      const { key, data } = item.event;
      if (key !== undefined && this.busy.has(key)) {
        this.ready.shift();
        this.block(key, item);
        continue;
      }
      full = batch.length > 0 && bytes + data.length > MAX_BATCH_BYTES;
      if (full) break;
      this.ready.shift();
      bytes += data.length;
      batch.push(item);
    }
    const [oldest] = batch;
    if (oldest === undefined) return [];
    if (!full && batch.length < maxEvents && oldest.since > dueBefore) {
      this.ready.unshift(...batch);
      return oldest.since;
    }
    for (const { event } of batch) if (event.key !== undefined) this.busy.add(event.key);
    return batch;
  }

  /** The call with these events has ended. */
  done(batch: readonly Item[]): void {
    const freed = new Set(batch.flatMap(({ event }) => (event.key === undefined ? [] : [event.key])));
    for (const key of freed) {
      this.busy.delete(key);
      const waiting = this.blocked.get(key);
      if (waiting === undefined) continue;
      this.blocked.delete(key);
      // They came before anything of their key that is still in line.
      this.ready.unshift(...waiting);
    }
  }

  /** Takes out all that wait. */
  clear(): Item[] {
    const all = [...this.ready, ...[...this.blocked.values()].flat()];
    this.ready = [];
    this.blocked.clear();
    return all;
  }

  private block(key: string, item: Item): void {
    const waiting = this.blocked.get(key);
    if (waiting) waiting.push(item);
    else this.blocked.set(key, [item]);
  }
}
