/** W3C Trace Context, level 1: strict parsing, cheap generation. */
import { randomFillSync } from 'node:crypto';

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(.*)$/;
/** The flags that are defined: sampled and random. */
const KNOWN_FLAGS = 0b11;

/**
 * The header to send on for one received: the same trace and parent, in version 00, with unknown flags
 * cleared. `undefined` when the header is absent or not valid, and then `tracestate` must not be read either.
 */
export function continueTrace(traceparent: string | undefined): string | undefined {
  if (traceparent === undefined) return undefined;
  const match = TRACEPARENT.exec(traceparent);
  if (match === null) return undefined;
  const [, version, traceId, parentId, flags = '', rest = ''] = match;
  // Version 00 ends here; a later one may have more after a dash.
  if (rest !== '' && (version === '00' || rest[0] !== '-')) return undefined;
  const known = Number.parseInt(flags, 16) & KNOWN_FLAGS;
  return `00-${traceId}-${parentId}-0${known}`;
}

const BYTES_PER_TRACE = 24;
const pool = Buffer.allocUnsafe(BYTES_PER_TRACE * 256);
let used = pool.length;

/** A header for a trace that begins here: random ids, the random flag set, not sampled. */
export function startTrace(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += BYTES_PER_TRACE;
  return `00-${pool.toString('hex', start, start + 16)}-${pool.toString('hex', start + 16, start + 24)}-02`;
}
