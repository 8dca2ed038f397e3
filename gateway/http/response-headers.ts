/** What a caller gets to see of a pod's response headers. */
import type { IncomingHttpHeaders } from 'node:http';
import { headers as names, PLATFORM_HEADER_PREFIX } from '#crds/wire/headers.ts';
import { connectionOptions, isHopByHop } from './hop-by-hop.ts';

/**
 * The flat header list to answer with: the pod's without connection fields and `x-catnap-*`, and with the
 * request id. Body framing other than Content-Length is left to the server.
 */
export function responseHeaders(received: IncomingHttpHeaders, requestId: string): string[] {
  const listed = connectionOptions(received.connection);
  const sent: string[] = [];
  for (const name in received) {
    if (isHopByHop(name) || name === names.requestId || name.startsWith(PLATFORM_HEADER_PREFIX)) continue;
    if (listed?.has(name)) continue;
    const value = received[name];
    if (typeof value === 'string') sent.push(name, value);
    else if (value !== undefined) for (const one of value) sent.push(name, one);
  }
  sent.push(names.requestId, requestId);
  return sent;
}
