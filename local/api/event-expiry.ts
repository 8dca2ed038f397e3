/** Events live for an hour, as by default on the real server. */
import type { WriteContext } from './writes/context.ts';

const BUCKET = 'events';
const TTL_MS = 60 * 60 * 1_000;
const SWEEP_MS = 60_000;

/** Sweeps once a minute; returns the way to stop. */
export function startEventExpiry(context: WriteContext): () => void {
  const timer = setInterval(() => expireEvents(context), SWEEP_MS);
  return () => clearInterval(timer);
}

/** Removes events that nobody wrote for the length of their life. */
export function expireEvents({ store, now }: WriteContext): void {
  const oldest = now().getTime() - TTL_MS;
  for (const { metadata } of store.list(BUCKET, '')) {
    const writes = (metadata.managedFields ?? []).map(({ time }) => Date.parse(time ?? ''));
    const last = Math.max(Date.parse(metadata.creationTimestamp ?? ''), ...writes.filter((it) => it > 0));
    if (last < oldest) store.remove(BUCKET, `${metadata.namespace}/${metadata.name}`);
  }
}
