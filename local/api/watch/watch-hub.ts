/** Hands each write to the watches that selected it; an event is serialised once per representation. */
import type { ApiObject } from '../core/objects.ts';
import type { StoreEvent } from '../storage/history.ts';
import type { Store } from '../storage/store.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchEncoder {
  /** Equal for encoders that yield equal lines. */
  key: string;
  encode(type: WatchEventType, object: ApiObject): string;
}

export interface Watch {
  bucket: string;
  /** Keys the watch is about. */
  prefix: string;
  /** Absent when every object is selected. */
  matches?(object: ApiObject): boolean;
  encoder(): WatchEncoder;
  send(line: Buffer): void;
}

export interface WatchHub {
  /** Starts to deliver; returns the way to stop. */
  add(watch: Watch): () => void;
  /** Delivers past events to one watch. */
  replay(watch: Watch, events: readonly StoreEvent[]): void;
  /** Watches that are open now. */
  readonly size: number;
}

export function createWatchHub(store: Store): WatchHub {
  const watches = new Map<string, Set<Watch>>();
  let size = 0;

  const watchesOf = (bucket: string): Set<Watch> => {
    let members = watches.get(bucket);
    if (!members) {
      members = new Set();
      watches.set(bucket, members);
      const all = members;
      store.subscribe(bucket, (event) => {
        if (all.size === 0) return;
        const lines = new Map<string, Buffer>();
        for (const watch of all) deliver(watch, event, lines);
      });
    }
    return members;
  };

  return {
    get size() {
      return size;
    },
    add(watch) {
      const members = watchesOf(watch.bucket);
      members.add(watch);
      size += 1;
      return () => {
        if (members.delete(watch)) size -= 1;
      };
    },
    replay(watch, events) {
      for (const event of events) deliver(watch, event, new Map());
    },
  };
}

function deliver(watch: Watch, event: StoreEvent, lines: Map<string, Buffer>): void {
  if (!event.key.startsWith(watch.prefix)) return;
  const selected = select(watch, event);
  if (!selected) return;
  const encoder = watch.encoder();
  const key = `${selected.type} ${encoder.key}`;
  let line = lines.get(key);
  if (!line) {
    line = Buffer.from(encoder.encode(selected.type, selected.object));
    lines.set(key, line);
  }
  watch.send(line);
}

/** What the event means to a watch: an object that leaves the selection is deleted for it. */
function select(watch: Watch, event: StoreEvent): { type: WatchEventType; object: ApiObject } | undefined {
  if (!watch.matches) return event;
  const before = event.previous !== undefined && watch.matches(event.previous);
  const after = event.type !== 'DELETED' && watch.matches(event.object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: event.object };
  if (!before) return undefined;
  if (event.type === 'DELETED') return { type: 'DELETED', object: event.object };
  const { previous, revision } = event as Required<StoreEvent>;
  const metadata = { ...previous.metadata, resourceVersion: String(revision) };
  return { type: 'DELETED', object: { ...previous, metadata } };
}
