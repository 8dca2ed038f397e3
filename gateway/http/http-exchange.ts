/** A call that came over HTTP: connects the request and response of node:http with the invocation path. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Failure } from '#gateway/errors.ts';
import { failure } from '#gateway/errors.ts';
import type { Call } from '#gateway/invoke/call.ts';
import type { Exchange } from '#gateway/invoke/exchange.ts';
import { BodyStream } from './body.ts';
import { replyProblem } from './reply.ts';
import { responseHeaders } from './response-headers.ts';
import { joinSockets, switchingProtocols } from './upgrade.ts';

/** Response bodies up to this size are joined with their head. */
const JOINED_BYTES = 8 * 1024;

export interface HttpExchangeOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly path: string;
  readonly headers: string[];
  /** The whole body, null for none, or undefined when it is to be streamed. */
  readonly body: Buffer | null | undefined;
  readonly maxBodyBytes: number;
  readonly upgrade: string | undefined;
}

export class HttpExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  readonly upgrade: string | undefined;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly requestId: string;
  private readonly whole: Buffer | null | undefined;
  private readonly maxBodyBytes: number;
  private call: Call | undefined = undefined;
  private stream: BodyStream | undefined = undefined;
  /** Bytes of the response body that are still to come; NaN when that is not known. */
  private remaining = Number.NaN;
  private paused = false;

  constructor(options: HttpExchangeOptions) {
    this.method = options.request.method as string;
    this.path = options.path;
    this.headers = options.headers;
    this.upgrade = options.upgrade;
    this.request = options.request;
    this.response = options.response;
    this.requestId = options.requestId;
    this.whole = options.body;
    this.maxBodyBytes = options.maxBodyBytes;
  }

  /** Starts the call and ends it when the caller goes away. */
  run(call: Call): void {
    this.call = call;
    this.response.on('close', () => call.cancel());
    call.start();
  }

  get replayable(): boolean {
    return this.whole !== undefined || this.stream === undefined || !this.stream.started;
  }

  body(): Buffer | Readable | null {
    if (this.whole !== undefined) return this.whole;
    this.stream?.destroy();
    if (this.request.headers.expect !== undefined) this.response.writeContinue();
    this.stream = new BodyStream(this.request, this.maxBodyBytes, (reason) => this.call?.abandon(reason));
    // Whatever breaks it is told by the connection on either side.
    this.stream.on('error', () => {});
    return this.stream;
  }

  head(status: number, received: IncomingHttpHeaders, timing?: string): void {
    const { response } = this;
    const length = received['content-length'];
    if (typeof length === 'string') this.remaining = Number(length);
    const headers = responseHeaders(received, this.requestId);
    // Beside the function's own, if it has one: the header may come more than once.
    if (timing !== undefined) headers.push('server-timing', timing);
    try {
      response.writeHead(status, headers);
    } catch {
      // A header with characters that may not be sent.
      this.call?.abandon(failure('PodFailed', 'The function answered with a header that is not valid HTTP.'));
      return;
    }
    // Usually the body is there already and goes out in one piece with the head; else the head goes alone.
    process.nextTick(flushHead, response);
  }

  data(chunk: Buffer): boolean {
    const { response } = this;
    this.remaining -= chunk.length;
    if (this.remaining === 0) {
      // As a string of bytes it goes out together with the head in one cheap write.
      if (chunk.length <= JOINED_BYTES) response.end(chunk.toString('latin1'), 'latin1');
      else response.end(chunk);
      return true;
    }
    if (response.write(chunk)) return true;
    if (!this.paused) {
      this.paused = true;
      response.once('drain', () => {
        this.paused = false;
        this.call?.resume();
      });
    }
    return false;
  }

  end(trailers: IncomingHttpHeaders): void {
    const { response } = this;
    if (response.writableEnded) return;
    if (Object.keys(trailers).length > 0) response.addTrailers(trailers as Record<string, string>);
    response.end();
    if (!this.request.complete && this.whole === undefined) this.closeAfterResponse();
  }

  switched(received: IncomingHttpHeaders, podSocket: Duplex): void {
    const socket = this.response.socket as Duplex;
    this.response.detachSocket(this.response.socket as never);
    this.response.removeAllListeners('close');
    socket.write(switchingProtocols(received, this.requestId), 'latin1');
    joinSockets(socket, podSocket, () => this.call?.closed());
  }

  fail(reason: Failure): void {
    this.stream?.destroy();
    const { request, response } = this;
    if (response.headersSent) response.destroy();
    else replyProblem(request, response, reason, this.requestId);
  }

  /** The function answered without reading all of the body: what still comes belongs to nobody. */
  private closeAfterResponse(): void {
    const { request, response } = this;
    response.once('finish', () => {
      request.resume();
      const timer = setTimeout(() => request.destroy(), 1_000);
      request.once('close', () => clearTimeout(timer));
      request.once('end', () => clearTimeout(timer));
    });
  }
}

function flushHead(response: ServerResponse): void {
  if (!response.writableEnded && !response.destroyed) response.flushHeaders();
}
