/** The public HTTP server: limits on what callers may cost before a function is involved. */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Failure, failure } from '#gateway/errors.ts';
import { problemBody, problemHeaders } from '#gateway/problem.ts';
import type { Frontend } from './frontend.ts';
import { requestId } from './request-id.ts';
import { upgradeProtocol } from './upgrade.ts';

/** Below the 16 KiB that Node and others accept, for the headers that are added on the way. */
const MAX_HEADER_BYTES = 15 * 1024;
const HEADERS_TIMEOUT_MS = 15_000;
/** Longer than the idle time of common load balancers (60 s, 350 s, 600 s), which must close first. */
const KEEP_ALIVE_MS = 620_000;
/** Share of the connections at which idle ones are closed. */
const CROWDED = 0.9;

export interface PublicServer {
  readonly http: Server;
  /** Open connections of callers. */
  connections(): number;
}

/** Creates the server; the caller lets it listen. */
export function createPublicServer(frontend: Frontend, maxConnections: number): PublicServer {
  const http = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // A request with a long body is legitimate; bodies have limits of their own.
    requestTimeout: 0,
    connectionsCheckingInterval: 2_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: (request) => upgradeProtocol(request) !== undefined,
  });
  http.maxConnections = maxConnections;
  http.on('request', (request, response) => frontend.handle(request, response));
  http.on('checkContinue', (request, response) => frontend.handle(request, response));
  http.on('upgrade', (request, socket, head) => frontend.upgrade(request, socket, head));
  http.on('clientError', answerClientError);
  let open = 0;
  http.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open > maxConnections * CROWDED) http.closeIdleConnections();
  });
  return { http, connections: () => open };
}

/** Answers what is not HTTP, or too much of it, and closes the connection. */
function answerClientError(error: Error & { code?: string }, stream: object): void {
  const socket = stream as Socket & { _httpMessage?: { headersSent: boolean } };
  // A response that has begun cannot be replaced.
  if (!socket.writable || error.code === 'ECONNRESET' || socket._httpMessage?.headersSent) {
    socket.destroy();
    return;
  }
  const id = requestId(undefined);
  const reason = clientFailure(error.code);
  const body = problemBody(reason, id);
  const list = problemHeaders(reason, body, id);
  let head = `HTTP/1.1 ${reason.problem.status} ${reason.problem.title}\r\nconnection: close\r\n`;
  for (let i = 0; i < list.length; i += 2) head += `${list[i]}: ${list[i + 1]}\r\n`;
  socket.end(`${head}\r\n${body}`, () => socket.destroy());
}

function clientFailure(code: string | undefined): Failure {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return failure(
        'HeadersTooLarge',
        `Request line and headers may have at most ${MAX_HEADER_BYTES} bytes.`,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return failure(
        'RequestTimeout',
        `The headers must arrive within ${HEADERS_TIMEOUT_MS / 1_000} seconds.`,
      );
    default:
      return failure('BadRequest', 'The request is not valid HTTP/1.1.');
  }
}
