/**
 * The port that pods announce themselves on. Function code can reach it, so a connection may cost
 * little: no body, one request, small headers, seconds to live, and few per address.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { ANNOUNCE_PATH, announceHeaders } from '#crds/wire/announcement.ts';
import type { Announcement } from '#gateway/functions/function-table.ts';
import type { Outcome } from './announcements.ts';

const MAX_CONNECTIONS = 4_096;
/** One, in good order; a retry may come before the last connection is closed. */
const MAX_CONNECTIONS_PER_ADDRESS = 4;
const MAX_HEADER_BYTES = 4_096;
const HEADERS_TIMEOUT_MS = 2_000;
/** Of a connection that says nothing at all. */
const IDLE_TIMEOUT_MS = 3_000;

/**
 * `proxied`: the connection comes from this machine. No pod does, so there is a proxy in front of this
 * port (a service mesh, say), and calls sent to where it is would come back to the gateway.
 */
export type Unusable = 'malformed' | 'proxied';

const STATUS: Record<Outcome | Unusable, number> = {
  malformed: 400,
  proxied: 403,
  accepted: 204,
  held: 202,
  forged: 401,
  other_function: 403,
  other_address: 409,
  other_port: 409,
  leaving: 409,
  overloaded: 503,
};

export interface AnnounceServerOptions {
  /** Judges an announcement that is well formed. */
  readonly receive: (announcement: Announcement, token: string) => Outcome;
  /** A request was no announcement, or hides where it comes from. */
  readonly onUnusable: (outcome: Unusable) => void;
  /** Whether pods may have loopback addresses, as on the embedded cluster. */
  readonly allowLoopback: boolean;
}

/** Creates the server; the caller lets it listen. */
export function createAnnounceServer(options: AnnounceServerOptions): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: 500,
    keepAlive: false,
    noDelay: true,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = IDLE_TIMEOUT_MS;
  const limit = limitByAddress(MAX_CONNECTIONS_PER_ADDRESS);
  server.on('connection', limit);
  server.on('request', (request, response) => {
    const outcome = handle(request, options);
    response.writeHead(STATUS[outcome], { connection: 'close', 'content-length': 0 }).end();
  });
  return server;
}

function handle(request: IncomingMessage, options: AnnounceServerOptions): Outcome | Unusable {
  const announcement = readAnnouncement(request, options.allowLoopback);
  if (typeof announcement !== 'string') return options.receive(announcement, bearerToken(request));
  options.onUnusable(announcement);
  return announcement;
}

/** Closes connections from an address that has as many as it may. */
function limitByAddress(limit: number): (socket: Socket) => void {
  const open = new Map<string, number>();
  return (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = open.get(address) ?? 0;
    if (count >= limit) {
      socket.destroy();
      return;
    }
    open.set(address, count + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  };
}

/** Of a function, or of a pool. */
const FUNCTION_KEY = /^[a-z0-9][-a-z0-9]{0,62}\/~?[a-z0-9][-a-z0-9]{0,62}$/;
const UID = /^[-0-9A-Za-z]{1,64}$/;
const PORT = /^[1-9]\d{0,4}$/;

function readAnnouncement(request: IncomingMessage, allowLoopback: boolean): Announcement | Unusable {
  const { method, url, headers } = request;
  const bodiless = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  const functionKey = String(headers[announceHeaders.function]);
  const podUid = String(headers[announceHeaders.podUid]);
  const port = String(headers[announceHeaders.port]);
  if (method !== 'POST' || url !== ANNOUNCE_PATH || !bodiless) return 'malformed';
  if (!FUNCTION_KEY.test(functionKey) || !UID.test(podUid) || !PORT.test(port)) return 'malformed';
  const address = plainAddress(request.socket.remoteAddress ?? '');
  if (!allowLoopback && isLoopback(address)) return 'proxied';
  return { functionKey, podUid, port: Number(port), address };
}

/** An IPv4 address that came in on an IPv6 socket, as Kubernetes writes it. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Whether the address, or the host name of one, is that of the machine itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function bearerToken({ headers }: IncomingMessage): string {
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}
