import type { ApiObject } from '../core/objects.ts';

export interface StoreEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  key: string;
  /** The state after the event; for DELETED the last state, with the version of the deletion. */
  object: ApiObject;
  /** The state before it; absent for ADDED. */
  previous?: ApiObject;
  revision: number;
}

/** The latest events of one resource, so that watches can resume and lists can be read as of a version. */
export interface History {
  push(event: StoreEvent): void;
  /** Events after `revision`, or undefined when some of them are forgotten. */
  since(revision: number): StoreEvent[] | undefined;
  /** Every event after this revision is known. */
  readonly floor: number;
}

export function createHistory(limit: number, startRevision: number): History {
  let events: StoreEvent[] = [];
  let floor = startRevision;

  return {
    get floor() {
      return floor;
    },
    push(event) {
      events.push(event);
      // Trimmed in halves, which keeps a push cheap on average.
      if (events.length < limit * 2) return;
      floor = events[limit - 1]?.revision ?? floor;
      events = events.slice(limit);
    },
    since(revision) {
      if (revision < floor) return undefined;
      return events.slice(firstAfter(events, revision));
    },
  };
}

function firstAfter(events: readonly StoreEvent[], revision: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle] as StoreEvent).revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
