/** Where a watch begins: with the state as it is, or with the events after a version. */
import type { ApiObject } from '../core/objects.ts';
import { expired, type StatusError } from '../core/status-error.ts';
import { type ListOptions, parseRevision } from '../requests/options.ts';
import type { StoreEvent } from '../storage/history.ts';
import type { Store } from '../storage/store.ts';

export type WatchStart =
  | { from: 'state'; objects: ApiObject[]; endBookmark: boolean }
  | { from: 'events'; events: StoreEvent[]; after: number }
  | { from: 'nowhere'; error: StatusError };

/** @throws a 400 StatusError for a malformed version */
export function watchStart(store: Store, bucket: string, prefix: string, options: ListOptions): WatchStart {
  const { resourceVersion, sendInitialEvents, allowWatchBookmarks } = options;
  const asked = resourceVersion === '' ? 0 : parseRevision(resourceVersion);
  if (sendInitialEvents ?? asked === 0) {
    const endBookmark = sendInitialEvents === true && allowWatchBookmarks;
    return { from: 'state', objects: store.list(bucket, prefix), endBookmark };
  }
  if (asked === 0) return { from: 'events', events: [], after: store.revision };
  const events = store.since(bucket, asked);
  if (events) return { from: 'events', events, after: asked };
  const message = `too old resource version: ${asked} (${store.floor(bucket)})`;
  return { from: 'nowhere', error: expired(message) };
}
