/** One watch over HTTP: lines of JSON until the client leaves, the time is up, or the server stops. */
import type { ServerResponse } from 'node:http';
import type { ApiObject } from '../core/objects.ts';
import type { WatchStart } from './initial-state.ts';
import type { Watch, WatchEncoder, WatchEventType, WatchHub } from './watch-hub.ts';

export interface WatchStreamOptions {
  hub: WatchHub;
  response: ServerResponse;
  bucket: string;
  prefix: string;
  matches?(object: ApiObject): boolean;
  /** The encoder for the first line, and for the rest. */
  encoders: { first: WatchEncoder; rest: WatchEncoder };
  start: WatchStart;
  currentRevision(): number;
  bookmark: { enabled: boolean; encode(revision: number, initialEventsEnd: boolean): string };
  timeoutMs: number;
  /** Ends the watch when aborted. */
  stopping: AbortSignal;
  bookmarkIntervalMs?: number;
}

/** A client that does not read is cut off above this. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
const BOOKMARK_INTERVAL_MS = 60_000;

/** Runs until the watch ends; resolves then. */
export function runWatch(options: WatchStreamOptions): Promise<void> {
  const { hub, response, start, bookmark } = options;
  const { promise, resolve } = Promise.withResolvers<void>();
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();

  let sent = 0;
  const send = (line: Buffer | string) => {
    sent += 1;
    response.write(line);
    if (response.writableLength > MAX_PENDING_BYTES) response.destroy();
  };
  const sendBookmark = (initialEventsEnd = false) =>
    send(bookmark.encode(options.currentRevision(), initialEventsEnd));

  if (start.from === 'nowhere') {
    send(`${JSON.stringify({ type: 'ERROR', object: start.error.toStatus() })}\n`);
    response.end(resolve);
    return promise;
  }

  const watch: Watch = {
    bucket: options.bucket,
    prefix: options.prefix,
    matches: options.matches,
    encoder: () => (sent === 0 ? options.encoders.first : options.encoders.rest),
    send,
  };
  const remove = hub.add(watch);
  const bookmarks = setInterval(
    () => bookmark.enabled && sendBookmark(),
    options.bookmarkIntervalMs ?? BOOKMARK_INTERVAL_MS,
  );
  const timeout = setTimeout(() => {
    // A last version, so that the client resumes from here and not from its last event.
    if (bookmark.enabled) sendBookmark();
    response.end();
  }, options.timeoutMs);
  const stop = () => response.end();
  options.stopping.addEventListener('abort', stop);
  response.once('close', () => {
    options.stopping.removeEventListener('abort', stop);
    remove();
    clearInterval(bookmarks);
    clearTimeout(timeout);
    resolve();
  });
  response.once('error', () => response.destroy());

  if (start.from === 'events') hub.replay(watch, start.events);
  else {
    sendState(watch, start.objects);
    if (start.endBookmark) sendBookmark(true);
  }
  return promise;
}

function sendState(watch: Watch, objects: readonly ApiObject[]): void {
  const type: WatchEventType = 'ADDED';
  for (const object of objects) {
    if (watch.matches && !watch.matches(object)) continue;
    watch.send(Buffer.from(watch.encoder().encode(type, object)));
  }
}
