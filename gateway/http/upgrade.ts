/** Connections that leave HTTP, such as WebSockets: the pod's and the caller's are joined byte for byte. */
import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { responseHeaders } from './response-headers.ts';

/** Finds dead peers of connections that may be silent for hours. */
const KEEP_ALIVE_MS = 30_000;

/**
 * The protocol that a request asks to switch to. HTTP/2 over clear text is not offered: such a request is
 * an ordinary one (RFC 9110 §7.8).
 */
export function upgradeProtocol({ headers }: IncomingMessage): string | undefined {
  const { upgrade } = headers;
  return upgrade === undefined || /^h2c?$/i.test(upgrade.trim()) ? undefined : upgrade;
}

/** A response on a socket that node:http has handed over with an upgrade request; the last one on it. */
export function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  socket.on('error', () => socket.destroy());
  response.on('finish', () => {
    response.detachSocket(socket as Socket);
    socket.end();
  });
  return response;
}

/** The head that tells the caller of the switch, as bytes in latin1. */
export function switchingProtocols(received: IncomingHttpHeaders, requestId: string): string {
  const list = responseHeaders(received, requestId);
  let head = `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${received.upgrade}\r\n`;
  for (let i = 0; i < list.length; i += 2) head += `${list[i]}: ${list[i + 1]}\r\n`;
  return `${head}\r\n`;
}

/** How long a side may take to receive the last bytes once the other has closed. */
const FLUSH_MS = 30_000;

/** Pipes both ways until both have closed; one that breaks takes the other with it. */
export function joinSockets(a: Duplex, b: Duplex, onClosed: () => void): void {
  let open = 2;
  for (const [socket, other] of [
    [a, b],
    [b, a],
  ] as const) {
    (socket as Partial<Socket>).setTimeout?.(0);
    (socket as Partial<Socket>).setKeepAlive?.(true, KEEP_ALIVE_MS);
    (socket as Partial<Socket>).ref?.();
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      finishSoon(other as Socket);
      open -= 1;
      if (open === 0) onClosed();
    });
    socket.pipe(other);
  }
}

/** Sends what is still to be sent, then closes. */
function finishSoon(socket: Socket): void {
  if (socket.destroyed) return;
  socket.setTimeout(FLUSH_MS, () => socket.destroy());
  socket.destroySoon();
}
