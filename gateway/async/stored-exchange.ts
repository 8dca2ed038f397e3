/** A call whose request lies in Redis and whose answer goes there: the exchange of asynchronous calls. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { headers as names } from '#crds/wire/headers.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import { responseHeaders } from '#gateway/http/response-headers.ts';
import type { Exchange } from '#gateway/invoke/exchange.ts';
import type { StoredRequest, StoredResponse } from './message.ts';

export type DeliveryResult =
  | {
      readonly kind: 'answered';
      readonly response: StoredResponse;
      readonly body: Buffer;
      readonly retryAfter: string | undefined;
    }
  | { readonly kind: 'unanswered'; readonly reason: Failure };

export interface StoredExchangeOptions {
  readonly id: string;
  readonly attempt: number;
  readonly request: StoredRequest;
  readonly body: Buffer;
  /** Largest response body to keep, in bytes. */
  readonly maxBodyBytes: number;
  readonly onDone: (result: DeliveryResult) => void;
}

export class StoredExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  readonly upgrade = undefined;
  readonly replayable = true;
  private readonly options: StoredExchangeOptions;
  private status = 0;
  private responseHeaders: string[] = [];
  private retryAfter: string | undefined = undefined;
  private chunks: Buffer[] = [];
  private length = 0;

  constructor(options: StoredExchangeOptions) {
    this.options = options;
    this.method = options.request.method;
    this.path = options.request.path;
    this.headers = [
      ...options.request.headers,
      names.invocationId,
      options.id,
      names.attempt,
      String(options.attempt),
    ];
  }

  body(): Buffer | null {
    return this.options.body.length > 0 ? this.options.body : null;
  }

  head(status: number, received: IncomingHttpHeaders): void {
    this.status = status;
    this.responseHeaders = responseHeaders(received, this.options.request.requestId);
    this.retryAfter = received['retry-after'];
  }

  data(chunk: Buffer): boolean {
    this.length += chunk.length;
    if (this.length <= this.options.maxBodyBytes) this.chunks.push(chunk);
    else this.chunks = [];
    return true;
  }

  end(): void {
    const { status, responseHeaders: headers, retryAfter } = this;
    const bodyDropped = this.length > this.options.maxBodyBytes;
    this.options.onDone({
      kind: 'answered',
      response: { status, headers, ...(bodyDropped && { bodyDropped }) },
      body: Buffer.concat(this.chunks),
      retryAfter,
    });
  }

  /** Never asked for, so a pod that does it anyway is broken. */
  switched(_: IncomingHttpHeaders, socket: Duplex): void {
    socket.destroy();
    this.fail(failure('PodFailed', 'The function switched protocols unasked.'));
  }

  fail(reason: Failure): void {
    this.options.onDone({ kind: 'unanswered', reason });
  }
}
