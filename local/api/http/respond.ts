/** Writes answers. */
import type { ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import { internalError, StatusError } from '../core/status-error.ts';

export function sendJson(
  response: ServerResponse,
  code: number,
  body: string,
  headers: Record<string, string | string[]> = {},
): void {
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-cache, private',
    ...headers,
  });
  response.end(body);
}

export function sendYaml(response: ServerResponse, code: number, json: string): void {
  const body = stringify(JSON.parse(json), { aliasDuplicateObjects: false });
  sendJson(response, code, body, { 'content-type': 'application/yaml' });
}

export function sendText(response: ServerResponse, code: number, body: string): void {
  sendJson(response, code, body, { 'content-type': 'text/plain; charset=utf-8' });
}

/** Answers with a Status; after the head has been sent, there is nothing left but to cut the answer off. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = error instanceof StatusError ? error : internalError(messageOf(error));
  const retryAfter = status.details?.retryAfterSeconds;
  sendJson(response, status.code, JSON.stringify(status.toStatus()), {
    ...(retryAfter ? { 'retry-after': String(retryAfter) } : {}),
    // The rest of a body that was too large is not read, so the connection cannot be used again.
    ...(status.code === 413 ? { connection: 'close' } : {}),
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const MAX_WARNING_BYTES = 4_096;

/** Values of Warning headers, each once, as long as there is room. */
export function warningHeaders(warnings: readonly string[]): string[] {
  const values: string[] = [];
  let bytes = 0;
  for (const text of new Set(warnings)) {
    const value = `299 - "${toHeaderText(text)}"`;
    bytes += value.length;
    if (bytes > MAX_WARNING_BYTES) break;
    values.push(value);
  }
  return values;
}

/** Printable ASCII, quoted. */
function toHeaderText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&');
}
