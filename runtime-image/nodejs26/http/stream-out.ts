import type { ServerResponse } from 'node:http';
import type { Call } from './call.ts';

/** True for Node Readables, web ReadableStreams and async generators. */
export function isStream(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}

interface Source {
  next(): Promise<IteratorResult<unknown, unknown>>;
  /** Makes a waiting `next` end as soon as the kind of source allows: a generator only at its next yield. */
  stop(): Promise<unknown> | undefined;
}

/** Ends a stream that nobody will read. */
export async function discardStream(stream: AsyncIterable<unknown>): Promise<void> {
  await openSource(stream).stop();
}

function openSource(stream: AsyncIterable<unknown>): Source {
  if ('getReader' in stream) {
    const reader = (stream as unknown as ReadableStream).getReader();
    return { next: () => reader.read(), stop: () => reader.cancel() };
  }
  const iterator = stream[Symbol.asyncIterator]();
  const next = () => iterator.next();
  if ('destroy' in stream && typeof stream.destroy === 'function') {
    const destroy = stream.destroy.bind(stream);
    return { next, stop: () => destroy() && undefined };
  }
  return { next, stop: () => iterator.return?.() };
}

/**
 * Sends a stream as the response's body, no faster than the caller reads. `begin` runs before the first byte, with the
 * first chunk, and writes the head. Resolves when the source has ended or, after the caller went away, stopped.
 * @throws what the source throws, and TypeError for a chunk that is neither text nor bytes.
 */
export async function sendStream(
  call: Call,
  stream: AsyncIterable<unknown>,
  begin: (first: unknown) => void,
): Promise<void> {
  const source = openSource(stream);
  const onAbort = () => void source.stop()?.catch(() => undefined);
  call.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await pump(call, source, begin);
  } catch (error) {
    // Whatever a stopped source throws follows from being stopped.
    if (call.aborted) return;
    await source.stop()?.catch(() => undefined);
    throw error;
  } finally {
    call.signal.removeEventListener('abort', onAbort);
  }
}

async function pump(call: Call, source: Source, begin: (first: unknown) => void): Promise<void> {
  const { response } = call;
  let next = await source.next();
  if (call.aborted) return void (await source.stop());
  begin(next.value);
  while (!next.done) {
    if (!response.write(toBytes(next.value))) await drained(response);
    if (call.aborted) return void (await source.stop());
    next = await source.next();
    if (call.aborted) return void (await source.stop());
  }
  response.end();
}

function toBytes(chunk: unknown): string | Uint8Array {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError(
    `a streamed chunk must be a string or bytes, not ${chunk === null ? 'null' : typeof chunk}`,
  );
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
