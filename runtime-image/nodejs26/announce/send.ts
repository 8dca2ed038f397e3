import { connect } from 'node:net';
import type { AnnounceSettings } from '../settings.ts';
import { ANNOUNCE_PATH, announceHeaders } from '../wire.ts';
import type { GatewayAddress } from './gateways.ts';

/** Longer than any status line. */
const MAX_ANSWER_BYTES = 4_096;

/** The request, as it goes over the wire. Node's own client would cost a new process milliseconds. */
export function announcementText(
  { url, token, podUid, functionKey }: AnnounceSettings,
  port: number,
): string {
  const lines = [
    `POST ${ANNOUNCE_PATH} HTTP/1.1`,
    `host: ${new URL(url).host}`,
    `authorization: Bearer ${token}`,
    `${announceHeaders.function}: ${functionKey}`,
    `${announceHeaders.podUid}: ${podUid}`,
    `${announceHeaders.port}: ${port}`,
    'content-length: 0',
    'connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * Sends the announcement once.
 * @returns undefined when the gateway took it, else why it did not, for good
 * @throws Error when another attempt may do better
 */
export function sendAnnouncement(
  { address, port }: GatewayAddress,
  text: string,
  from: string | undefined,
  timeoutMs: number,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, localAddress: from, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    timer.unref();
    socket.unref();
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
      if (answer.length >= MAX_ANSWER_BYTES || answer.includes('\r\n')) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
      if (status >= 200 && status < 300) resolve(undefined);
      else if (status >= 400 && status < 500) resolve(`refused with status ${status}`);
      else reject(new Error(status === 0 ? 'closed without an answer' : `status ${status}`));
    });
    socket.write(text);
  });
}
