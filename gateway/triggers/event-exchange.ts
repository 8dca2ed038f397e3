/** A call that brings events of a trigger: nobody waits for what the function answers but for its status. */
import type { IncomingHttpHeaders } from 'node:http';
import { headers as names } from '#crds/wire/headers.ts';
import { KeptExchange, type Unanswered } from '#gateway/async/kept-exchange.ts';
import type { StoredRequest } from '#gateway/async/message.ts';

interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Set when the runtime answered in the function's place: why. */
  readonly error: string | undefined;
}

export type EventOutcome = Answered | Unanswered;

export class EventExchange extends KeptExchange<Answered> {
  private status = 0;
  private received: IncomingHttpHeaders = {};

  /** @param attempt 1 for the first */
  constructor(
    request: StoredRequest,
    bytes: Buffer,
    attempt: number,
    onDone: (outcome: EventOutcome) => void,
  ) {
    super(request, bytes, [names.attempt, String(attempt)], onDone);
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
}
