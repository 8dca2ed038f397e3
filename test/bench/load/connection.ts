/**
 * One kept-alive HTTP/1.1 connection that sends the same request again and again. It reads no more of the
 * answer than it must, so that the generator costs far less than what it measures.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  retryAfter: boolean;
  /** As it came over the wire; only of connections that were told to keep it. */
  body: string;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

export class Connection {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #keepBody: boolean;
  #pending: ((answer: Answer | undefined) => void) | undefined;
  #received: Buffer = Buffer.alloc(0);
  closed = false;
  /** Resolves when the connection is open, or failed to be. */
  readonly opened: Promise<void>;

  constructor(
    host: string,
    port: number,
    path: string,
    { keepBody = false, headers = {} }: { keepBody?: boolean; headers?: Record<string, string> } = {},
  ) {
    this.#keepBody = keepBody;
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n${fields.join('')}\r\n`;
    this.#request = Buffer.from(head, 'latin1');
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', () => {});
    this.opened = new Promise((resolve) => {
      this.#socket.once('connect', resolve);
      this.#socket.on('close', () => {
        this.closed = true;
        this.#settle(undefined);
        resolve();
      });
    });
  }

  /** Sends the request; `done` gets the answer, or undefined when the connection broke. One at a time. */
  send(done: (answer: Answer | undefined) => void): void {
    if (this.closed) {
      done(undefined);
      return;
    }
    this.#pending = done;
    this.#socket.write(this.#request);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headEnd).toLowerCase();
    const bodyStart = headEnd + HEAD_END.length;
    if (!this.#isComplete(head, bodyStart)) return;
    const body = this.#keepBody ? this.#received.toString('utf8', bodyStart) : '';
    this.#received = Buffer.alloc(0);
    if (head.includes('\r\nconnection: close')) this.destroy();
    const status = Number(head.slice(9, 12));
    this.#settle({ status, retryAfter: head.includes('\r\nretry-after:'), body });
  }

  #isComplete(head: string, bodyStart: number): boolean {
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
    if (length !== undefined) return this.#received.length >= bodyStart + Number(length);
    if (head.includes('\r\ntransfer-encoding: chunked')) {
      return this.#received.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
    }
    return true;
  }

  #settle(answer: Answer | undefined): void {
    const done = this.#pending;
    this.#pending = undefined;
    done?.(answer);
  }
}
