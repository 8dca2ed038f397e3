/** The caller's side of one call: the request to deliver, and where the answer goes. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Failure } from '#gateway/errors.ts';

export interface Exchange {
  readonly method: string;
  /** Path and query for the pod. */
  readonly path: string;
  /** Flat list, complete but for body framing. */
  readonly headers: string[];
  /** Protocol to switch to, if that is what the caller asks for. */
  readonly upgrade: string | undefined;
  /** Whether {@link body} gives the whole body once more. */
  readonly replayable: boolean;
  /** The body for the next attempt. */
  body(): Buffer | Readable | null;

  /**
   * The response begins; only once.
   *
   * @param timing for the Server-Timing header, when the call had to wait
   */
  head(status: number, headers: IncomingHttpHeaders, timing?: string): void;
  /** A part of the response body; false asks to wait until `Call.resume`. */
  data(chunk: Buffer): boolean;
  end(trailers: IncomingHttpHeaders): void;
  /** The pod switched protocols; the exchange owns its socket now and calls `Call.closed` at the end. */
  switched(headers: IncomingHttpHeaders, socket: Duplex): void;
  /** The call failed: an answer that says so, or when the response had begun, a broken connection. */
  fail(failure: Failure): void;
}
