import type { ServerResponse } from 'node:http';
import { PLATFORM_HEADER_PREFIX } from '../wire.ts';

/** Headers of one connection, which are Node's to set, and the length, which is computed where it can be. */
const RESERVED = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'proxy-connection',
]);

/**
 * Sets a header that a function asked for, unless it belongs to the connection or the platform.
 * @throws TypeError from Node for names and values that HTTP does not allow.
 */
export function setFunctionHeader(response: ServerResponse, name: string, value: unknown): void {
  const key = name.toLowerCase();
  if (RESERVED.has(key) || key.startsWith(PLATFORM_HEADER_PREFIX) || value === undefined || value === null)
    return;
  response.setHeader(key, Array.isArray(value) ? value.map(String) : String(value));
}

/** Statuses whose responses have no body by definition. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
