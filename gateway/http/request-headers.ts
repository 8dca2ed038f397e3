/** What a pod gets to see of a caller's headers. */
import type { IncomingHttpHeaders } from 'node:http';
import { headers as names, PLATFORM_HEADER_PREFIX } from '#crds/wire/headers.ts';
import { connectionOptions, isHopByHop } from './hop-by-hop.ts';
import { continueTrace, startTrace } from './trace-context.ts';

/** The parts of a request that matter here, as node:http gives them. */
export interface ReceivedHead {
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  readonly socket: { readonly remoteAddress?: string };
}

export interface ForwardingOptions {
  readonly requestId: string;
  /** The part of the path that is cut off before the pod sees it. */
  readonly prefix: string;
  /** Continue X-Forwarded-* of the caller instead of starting anew. */
  readonly trustForwarded: boolean;
}

/**
 * The flat header list to send to a pod: everything of the caller's except connection fields, fields that
 * are the platform's to set, and body framing, which the client library does itself.
 */
export function requestHeaders(head: ReceivedHead, options: ForwardingOptions): string[] {
  const { rawHeaders, headers } = head;
  const listed = connectionOptions(headers.connection);
  const trace = continueTrace(headers.traceparent as string | undefined);
  const sent: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (isReplaced(name) || (listed?.has(name) ?? false)) continue;
    if (name === 'tracestate' && trace === undefined) continue;
    sent.push(name, rawHeaders[i + 1] as string);
  }
  if (headers.host !== undefined) sent.push('host', headers.host);
  sent.push('via', via(headers.via, head.httpVersion));
  sent.push('traceparent', trace ?? startTrace());
  sent.push(names.requestId, options.requestId);
  pushForwarded(sent, head, options);
  return sent;
}

const REPLACED = new Set([
  'host',
  'via',
  'content-length',
  'expect',
  'traceparent',
  'forwarded',
  names.requestId,
]);

function isReplaced(name: string): boolean {
  return (
    REPLACED.has(name) ||
    isHopByHop(name) ||
    (name.charCodeAt(0) === 120 &&
      (name.startsWith('x-forwarded-') || name.startsWith(PLATFORM_HEADER_PREFIX)))
  );
}

function via(received: string | undefined, httpVersion: string): string {
  const own = httpVersion === '1.1' ? '1.1 catnap' : `${httpVersion} catnap`;
  return received === undefined ? own : `${received}, ${own}`;
}

function pushForwarded(sent: string[], head: ReceivedHead, options: ForwardingOptions): void {
  const received = options.trustForwarded ? head.headers : NOTHING;
  const address = head.socket.remoteAddress ?? 'unknown';
  const before = single(received['x-forwarded-for']);
  const host = single(received['x-forwarded-host']) ?? head.headers.host;
  sent.push('x-forwarded-for', before === undefined ? address : `${before}, ${address}`);
  sent.push('x-forwarded-proto', single(received['x-forwarded-proto']) === 'https' ? 'https' : 'http');
  if (host !== undefined) sent.push('x-forwarded-host', host);
  sent.push(names.forwardedPrefix, (single(received[names.forwardedPrefix]) ?? '') + options.prefix);
}

const NOTHING: IncomingHttpHeaders = {};

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
