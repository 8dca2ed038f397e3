/** Request bodies: read whole when they are small and of known length, streamed otherwise; always bounded. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { type Failure, failure } from '#gateway/errors.ts';

/** Bodies up to this size are read before the call starts, so that it can be sent more than once. */
export const WHOLE_BODY_BYTES = 64 * 1024;
/** How long a body may make no progress. */
const STALL_MS = 30_000;

export const NO_BODY = 0;
export const UNKNOWN_LENGTH = -1;

/** Bytes of body that a request announces, {@link NO_BODY} or {@link UNKNOWN_LENGTH}. */
export function announcedLength({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return UNKNOWN_LENGTH;
  const length = headers['content-length'];
  return length === undefined ? NO_BODY : Number(length);
}

export function bodyTooLarge(maxBytes: number): Failure {
  return failure('PayloadTooLarge', `The body may have at most ${maxBytes} bytes.`);
}

function stalled(): Failure {
  return failure('RequestTimeout', `No more of the request body arrived for ${STALL_MS / 1_000} seconds.`);
}

/** Reads a whole body of at most `maxBytes`. Nothing is called when the caller goes away. */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  done: (body: Buffer) => void,
  failed: (reason: Failure) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const timer = setTimeout(() => finish(() => failed(stalled())), STALL_MS);
  const finish = (then: () => void) => {
    clearTimeout(timer);
    request.off('data', onData).off('end', onEnd).off('close', onClose);
    then();
  };
  const onData = (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) {
      request.pause();
      finish(() => failed(bodyTooLarge(maxBytes)));
      return;
    }
    timer.refresh();
    chunks.push(chunk);
  };
  const onEnd = () =>
    finish(() => done(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)));
  const onClose = () => clearTimeout(timer);
  request.on('data', onData).on('end', onEnd).on('close', onClose);
  request.on('error', () => {});
}

/**
 * A request body on its way to a pod. Reads from the caller only when the pod takes more. Destroying it
 * leaves the caller's connection alone, on which the answer is still to be sent.
 */
export class BodyStream extends Readable {
  /** Whether any of the body was taken from the caller. */
  started = false;
  private readonly request: IncomingMessage;
  private readonly maxBytes: number;
  private readonly onFailure: (reason: Failure) => void;
  private received = 0;
  private timer: NodeJS.Timeout | undefined = undefined;

  constructor(request: IncomingMessage, maxBytes: number, onFailure: (reason: Failure) => void) {
    super({ autoDestroy: true });
    this.request = request;
    this.maxBytes = maxBytes;
    this.onFailure = onFailure;
  }

  override _read(): void {
    if (!this.started) this.begin();
    this.timer?.refresh();
    this.request.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.timer);
    if (this.started) this.request.off('data', this.onData).off('end', this.onEnd);
    callback(error);
  }

  private begin(): void {
    this.started = true;
    this.timer = setTimeout(() => this.onStall(), STALL_MS);
    this.request.on('data', this.onData).on('end', this.onEnd);
    // Told by the response as well; stays on, because the error may come after this stream has ended.
    this.request.on('error', () => {});
  }

  private readonly onData = (chunk: Buffer): void => {
    this.received += chunk.length;
    if (this.received > this.maxBytes) {
      this.request.pause();
      this.onFailure(bodyTooLarge(this.maxBytes));
      return;
    }
    this.timer?.refresh();
    if (!this.push(chunk)) this.request.pause();
  };

  private readonly onEnd = (): void => {
    clearTimeout(this.timer);
    this.push(null);
  };

  /** A pod that reads nothing is the call's time limit's business. */
  private onStall(): void {
    if (this.request.isPaused()) this.timer?.refresh();
    else this.onFailure(stalled());
  }
}
