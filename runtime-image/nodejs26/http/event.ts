import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { DEFAULT_MAX_BODY_BYTES, RequestError, readBody } from './body.ts';

export interface ReadOptions {
  /** A longer body is answered with 413. Default 16 MiB. */
  maxBytes?: number;
}

/** A call as an `(event, context)` handler sees it. The body is read only when asked for, and streams. */
export class HttpEvent {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** What follows the question mark, or the empty string. */
  readonly rawQuery: string;
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders;
  readonly #request: IncomingMessage;
  #query: Record<string, string | string[]> | undefined;
  #bytes: Promise<Buffer> | undefined;

  constructor(request: IncomingMessage) {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.method = request.method ?? 'GET';
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.rawQuery = mark < 0 ? '' : url.slice(mark + 1);
    this.headers = request.headers;
    this.#request = request;
  }

  /** Decoded; a name that occurs more than once has an array. */
  get query(): Record<string, string | string[]> {
    this.#query ??= parseQuery(this.rawQuery);
    return this.#query;
  }

  /** The body as it arrives. Not together with the reading methods. */
  get body(): Readable {
    return this.#request;
  }

  bytes(options?: ReadOptions): Promise<Buffer> {
    this.#bytes ??= readBody(this.#request, options?.maxBytes ?? DEFAULT_MAX_BODY_BYTES);
    return this.#bytes;
  }

  /** As UTF-8. */
  async text(options?: ReadOptions): Promise<string> {
    return (await this.bytes(options)).toString('utf8');
  }

  /** @throws RequestError, answered with 400 when left uncaught, if the body is not JSON. */
  async json(options?: ReadOptions): Promise<unknown> {
    const text = await this.text(options);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new RequestError('BadRequest', 'The request body is not valid JSON.', error);
    }
  }

  toJSON(): object {
    return { method: this.method, path: this.path, query: this.query, headers: this.headers };
  }
}

export function parseQuery(rawQuery: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    const present = query[name];
    if (present === undefined) query[name] = value;
    else if (Array.isArray(present)) present.push(value);
    else query[name] = [present, value];
  }
  return query;
}
