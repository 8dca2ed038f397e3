/** What a caller asks of an asynchronous call by headers. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { headers as names } from '#crds/wire/headers.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import { parseTarget } from './outcomes/poster.ts';

/** Longest time by which a call can be put off. */
const MAX_DELAY_SECONDS = 7 * 24 * 3_600;
/** RFC 3339, with a zone. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;
/** A structured-field string, or leniently a bare token. */
const IDEMPOTENCY_KEY = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;

export interface CallOptions {
  /** In milliseconds; 0 for at once. */
  readonly delayMs: number;
  readonly callback: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/** Reads them; a Failure says what is wrong. */
export function readCallOptions(headers: IncomingHttpHeaders, nowMs: number): CallOptions | Failure {
  const delay = headers[names.delay];
  const at = headers[names.at];
  const callback = headers[names.callback];
  const key = headers['idempotency-key'];
  if (delay !== undefined && at !== undefined)
    return wrong('Set either X-Catnap-Delay or X-Catnap-At, not both.');
  const delayMs = delay !== undefined ? parseDelay(delay) : at !== undefined ? parseTime(at, nowMs) : 0;
  if (delayMs === undefined) return wrong(delay !== undefined ? BAD_DELAY : BAD_TIME);
  if (callback !== undefined && (typeof callback !== 'string' || parseTarget(callback) === undefined)) {
    return wrong(
      'X-Catnap-Callback must be an http or https URL without credentials, of at most 2048 characters.',
    );
  }
  const match = key === undefined ? undefined : IDEMPOTENCY_KEY.exec(String(key).trim());
  if (match === null) return wrong('Idempotency-Key must be a string of 1 to 255 printable characters.');
  return { delayMs, callback, idempotencyKey: match?.[1] ?? match?.[2] };
}

export function isFailure(read: CallOptions | Failure): read is Failure {
  return 'problem' in read;
}

const BAD_DELAY = `X-Catnap-Delay must be a number of seconds from 0 to ${MAX_DELAY_SECONDS}.`;
const BAD_TIME = `X-Catnap-At must be a time such as 2026-12-24T18:00:00Z, at most ${MAX_DELAY_SECONDS / 86_400} days ahead.`;

function parseDelay(header: string | string[]): number | undefined {
  const text = String(header).trim();
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text)) return undefined;
  const seconds = Number(text);
  return seconds <= MAX_DELAY_SECONDS ? Math.round(seconds * 1_000) : undefined;
}

/** A time that has passed means at once. */
function parseTime(header: string | string[], nowMs: number): number | undefined {
  const text = String(header).trim();
  const delayMs = TIME.test(text) ? Date.parse(text) - nowMs : Number.NaN;
  return delayMs <= MAX_DELAY_SECONDS * 1_000 ? Math.max(0, delayMs) : undefined;
}

function wrong(detail: string): Failure {
  return failure('BadRequest', detail);
}
