import type { Call } from './call.ts';
import { isBodiless, setFunctionHeader } from './response-headers.ts';
import { discardStream, isStream, sendStream } from './stream-out.ts';

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const BYTES = 'application/octet-stream';

/** What `{ statusCode, headers, body, … }` may hold; any other key makes the object plain JSON. */
const RESULT_KEYS = new Set([
  'statusCode',
  'headers',
  'multiValueHeaders',
  'cookies',
  'body',
  'isBase64Encoded',
]);

interface ResultObject {
  statusCode: number;
  headers?: Record<string, unknown> | null;
  multiValueHeaders?: Record<string, unknown[]> | null;
  cookies?: string[] | null;
  body?: unknown;
  isBase64Encoded?: boolean;
}

/**
 * Sends what a handler returned. Returns a promise only when the answer is a stream.
 * @throws TypeError when the value cannot be sent; nothing was written then.
 */
export function respond(call: Call, value: unknown): void | Promise<void> {
  if (call.answered) return discard(value);
  if (typeof value === 'string') return end(call, TEXT, value);
  if (value === undefined) return endEmpty(call, 204);
  if (typeof value === 'object' && value !== null) return respondObject(call, value);
  return end(call, JSON_TYPE, toJson(value));
}

function respondObject(call: Call, value: object): void | Promise<void> {
  const bytes = asBytes(value);
  if (bytes) return end(call, BYTES, bytes);
  if (isStream(value)) return sendStream(call, value, (first) => begin(call, streamType(first)));
  if (isResponse(value)) return respondResponse(call, value);
  if (isResult(value)) return respondResult(call, value);
  return end(call, JSON_TYPE, toJson(value));
}

/** Sends a web Response. */
export function respondResponse(call: Call, result: Response): void | Promise<void> {
  if (call.answered) return result.body ? discardStream(result.body) : undefined;
  const { response } = call;
  if (result.status < 200) throw new TypeError(`a Response with status ${result.status} cannot be sent`);
  response.statusCode = result.status;
  for (const [name, value] of result.headers) {
    if (name !== 'set-cookie') setFunctionHeader(response, name, value);
  }
  const cookies = result.headers.getSetCookie();
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  if (result.body === null || isBodiless(result.status)) return endEmpty(call, result.status, result.body);
  return sendBodyStream(call, result.body);
}

function respondResult(call: Call, result: ResultObject): void | Promise<void> {
  const { statusCode, body } = result;
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599) {
    throw new TypeError(`statusCode is ${String(statusCode)}; it must be an integer from 200 to 599`);
  }
  const { response } = call;
  response.statusCode = statusCode;
  const all = { ...result.headers, ...result.multiValueHeaders };
  for (const [name, value] of Object.entries(all)) setFunctionHeader(response, name, value);
  if (result.cookies?.length) response.setHeader('set-cookie', result.cookies);
  if (body === undefined || body === null || isBodiless(statusCode)) return endEmpty(call, statusCode, body);
  return respondResultBody(call, body, result.isBase64Encoded === true);
}

function respondResultBody(call: Call, body: unknown, isBase64: boolean): void | Promise<void> {
  if (typeof body === 'string')
    return isBase64 ? end(call, BYTES, Buffer.from(body, 'base64')) : end(call, TEXT, body);
  const bytes = typeof body === 'object' && body !== null ? asBytes(body) : undefined;
  if (bytes) return end(call, BYTES, bytes);
  if (typeof body === 'object' && body !== null && isStream(body)) return sendBodyStream(call, body);
  return end(call, JSON_TYPE, toJson(body));
}

/** Streams below headers that the function chose. With a content type of its own, the head goes out at once. */
function sendBodyStream(call: Call, body: AsyncIterable<unknown>): Promise<void> {
  const { response } = call;
  if (response.hasHeader('content-length')) response.strictContentLength = true;
  if (response.hasHeader('content-type')) response.flushHeaders();
  return sendStream(call, body, (first) => {
    if (!response.headersSent) begin(call, streamType(first));
    call.answered = true;
  });
}

function begin(call: Call, contentType: string): void {
  call.answered = true;
  const { response } = call;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', contentType);
  response.writeHead(response.statusCode);
}

function streamType(first: unknown): string {
  return typeof first === 'string' ? TEXT : BYTES;
}

function end(call: Call, contentType: string, body: string | Uint8Array): void {
  const { response } = call;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', contentType);
  response.setHeader('content-length', length);
  call.answered = true;
  response.end(body);
}

function endEmpty(call: Call, status: number, unused?: unknown): void {
  const { response } = call;
  // A HEAD answer may state the length of what GET would send; anything else has no body to measure.
  if (isBodiless(status)) response.removeHeader('content-length');
  else if (call.request.method !== 'HEAD') response.setHeader('content-length', 0);
  response.statusCode = status;
  call.answered = true;
  response.end();
  if (unused) discard(unused);
}

function discard(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const body = isResult(value) || isResponse(value) ? value.body : value;
  if (typeof body === 'object' && body !== null && isStream(body)) discardStream(body).catch(() => undefined);
}

function asBytes(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

/** By its brand: naming the global `Response` would load Node's fetch, 25 ms that most functions never need. */
export function isResponse(value: object): value is Response {
  return Object.prototype.toString.call(value) === '[object Response]';
}

function isResult(value: object): value is ResultObject {
  return Object.hasOwn(value, 'statusCode') && Object.keys(value).every((key) => RESULT_KEYS.has(key));
}

function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`the handler returned a ${typeof value}, which cannot be sent`);
  return json;
}
