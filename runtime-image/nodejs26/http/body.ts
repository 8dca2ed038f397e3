import type { IncomingMessage } from 'node:http';
import type { ProblemReason } from './problem.ts';

/** What `text`, `json` and `bytes` read at most unless told otherwise. */
export const DEFAULT_MAX_BODY_BYTES = 16 * 1024 * 1024;

/** A fault of the caller's. Left uncaught by a handler, it is answered with its own status instead of 500. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly reason: ProblemReason;

  constructor(reason: ProblemReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/**
 * Reads a body into memory.
 * @throws RequestError when it is longer than `maxBytes` or the caller goes away before its end.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length']) > maxBytes) return reject(tooLarge(maxBytes));
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) finish(() => reject(tooLarge(maxBytes)));
      else chunks.push(chunk);
    };
    const onEnd = () =>
      finish(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, bytes)));
    const onClose = () =>
      finish(() =>
        reject(new RequestError('BadRequest', 'The connection closed before the body was complete.')),
      );
    const finish = (settle: () => void) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      settle();
    };
    if (request.destroyed && !request.readableEnded) return onClose();
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError('PayloadTooLarge', `The request body is larger than ${maxBytes} bytes.`);
}
