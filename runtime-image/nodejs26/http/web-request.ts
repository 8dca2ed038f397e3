import { Readable } from 'node:stream';
import { RequestError } from './body.ts';
import type { Call } from './call.ts';

/** Methods that the Fetch standard forbids. */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK']);

/**
 * The call as a web Request. Its URL has the scheme and host that the caller used, and the path without the gateway's
 * `/fn/NAMESPACE/NAME`, which is in the header x-forwarded-prefix.
 */
export function toWebRequest(call: Call): Request {
  const { request, signal } = call;
  const method = request.method ?? 'GET';
  if (FORBIDDEN.has(method)) throw new RequestError('BadRequest', `The method ${method} is not supported.`);
  const init: RequestInit = { method, headers: toHeaders(request.rawHeaders), signal };
  if (method !== 'GET' && method !== 'HEAD' && hasBody(request.headers)) {
    init.body = Readable.toWeb(request) as ReadableStream<Uint8Array>;
    init.duplex = 'half';
  }
  return new Request(toUrl(request.url ?? '/', request.headers), init);
}

function hasBody(headers: NodeJS.Dict<string | string[]>): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function toHeaders(raw: string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < raw.length; i += 2) headers.append(raw[i] as string, raw[i + 1] as string);
  return headers;
}

function toUrl(path: string, headers: NodeJS.Dict<string | string[]>): string {
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  const host = String(headers['x-forwarded-host'] ?? headers.host ?? 'localhost');
  const suffix = path.startsWith('/') ? path : '/';
  const url = `${scheme}://${host}${suffix}`;
  return URL.canParse(url) ? url : `http://localhost${suffix}`;
}
