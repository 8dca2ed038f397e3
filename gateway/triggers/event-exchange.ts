/** A call that brings events of a trigger: nobody waits for what the function answers but for its status. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { headers as names } from '#crds/wire/headers.ts';
import type { StoredRequest } from '#gateway/async/message.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import type { Exchange } from '#gateway/invoke/exchange.ts';

export type EventOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** Set when the runtime answered in the function's place: why. */
      readonly error: string | undefined;
    }
  | { readonly kind: 'unanswered'; readonly reason: Failure };

export class EventExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  readonly upgrade = undefined;
  readonly replayable = true;
  private readonly bytes: Buffer;
  private readonly onDone: (outcome: EventOutcome) => void;
  private status = 0;
  private received: IncomingHttpHeaders = {};

  /** @param attempt 1 for the first */
  constructor(
    request: StoredRequest,
    bytes: Buffer,
    attempt: number,
    onDone: (outcome: EventOutcome) => void,
  ) {
    this.method = request.method;
    this.path = request.path;
    this.headers = [...request.headers, names.attempt, String(attempt)];
    this.bytes = bytes;
    this.onDone = onDone;
  }

  body(): Buffer | null {
    return this.bytes.length > 0 ? this.bytes : null;
  }

  head(status: number, received: IncomingHttpHeaders): void {
    this.status = status;
    this.received = received;
  }

  data(): boolean {
    return true;
  }

  end(): void {
    const { status, received } = this;
    const error = received[names.error];
    this.onDone({
      kind: 'answered',
      status,
      retryAfter: received['retry-after'],
      error: error === undefined ? undefined : String(error),
    });
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
