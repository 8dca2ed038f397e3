/** A call whose request lies in Redis and whose answer goes there: the exchange of asynchronous calls. */
import type { IncomingHttpHeaders } from 'node:http';
import { headers as names } from '#crds/wire/headers.ts';
import { responseHeaders } from '#gateway/http/response-headers.ts';
import { KeptExchange, type Unanswered } from './kept-exchange.ts';
import type { StoredRequest, StoredResponse } from './message.ts';

interface Answered {
  readonly kind: 'answered';
  readonly response: StoredResponse;
  readonly body: Buffer;
  readonly retryAfter: string | undefined;
}

export type DeliveryResult = Answered | Unanswered;

export interface StoredExchangeOptions {
  readonly id: string;
  readonly attempt: number;
  readonly request: StoredRequest;
  readonly body: Buffer;
  /** Largest response body to keep, in bytes. */
  readonly maxBodyBytes: number;
  readonly onDone: (result: DeliveryResult) => void;
}

export class StoredExchange extends KeptExchange<Answered> {
  private readonly requestId: string;
  private readonly maxBodyBytes: number;
  private status = 0;
  private responseHeaders: string[] = [];
  private retryAfter: string | undefined = undefined;
  private chunks: Buffer[] = [];
  private length = 0;

  constructor({ id, attempt, request, body, maxBodyBytes, onDone }: StoredExchangeOptions) {
    super(request, body, [names.invocationId, id, names.attempt, String(attempt)], onDone);
    this.requestId = request.requestId;
    this.maxBodyBytes = maxBodyBytes;
  }

  head(status: number, received: IncomingHttpHeaders): void {
    this.status = status;
    this.responseHeaders = responseHeaders(received, this.requestId);
    this.retryAfter = received['retry-after'];
  }

  data(chunk: Buffer): boolean {
    this.length += chunk.length;
    if (this.length <= this.maxBodyBytes) this.chunks.push(chunk);
    else this.chunks = [];
    return true;
  }

  end(): void {
    const { status, responseHeaders: headers, retryAfter } = this;
    const bodyDropped = this.length > this.maxBodyBytes;
    this.onDone({
      kind: 'answered',
      response: { status, headers, ...(bodyDropped && { bodyDropped }) },
      body: Buffer.concat(this.chunks),
      retryAfter,
    });
  }
}
