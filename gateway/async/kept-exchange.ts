/** What exchanges have in common whose request is kept: it can be sent again, and no caller waits on a socket. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Failure, failure } from '#gateway/errors.ts';
import type { Exchange } from '#gateway/invoke/exchange.ts';
import type { StoredRequest } from './message.ts';

/** The function never answered. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly reason: Failure;
}

export abstract class KeptExchange<Answered> implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  readonly upgrade = undefined;
  readonly replayable = true;
  protected readonly onDone: (result: Answered | Unanswered) => void;
  private readonly bytes: Buffer;

  /** @param more headers beside those of the request */
  constructor(
    request: StoredRequest,
    bytes: Buffer,
    more: readonly string[],
    onDone: (result: Answered | Unanswered) => void,
  ) {
    this.method = request.method;
    this.path = request.path;
    this.headers = [...request.headers, ...more];
    this.bytes = bytes;
    this.onDone = onDone;
  }

  abstract head(status: number, received: IncomingHttpHeaders): void;
  abstract data(chunk: Buffer): boolean;
  abstract end(): void;

  body(): Buffer | null {
    return this.bytes.length > 0 ? this.bytes : null;
  }

  /** Never asked for, so a pod that does it anyway is broken. */
  switched(_: IncomingHttpHeaders, socket: Duplex): void {
    socket.destroy();
    this.fail(failure('PodFailed', 'The function switched protocols unasked.'));
  }

  fail(reason: Failure): void {
    this.onDone({ kind: 'unanswered', reason });
  }
}
