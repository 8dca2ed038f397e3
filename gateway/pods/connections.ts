/** Keep-alive connections to one port of a pod: one request at a time each, the most recently used first. */
import { Client } from 'undici';

export interface ConnectionOptions extends Client.Options {
  /** So many stay open when nothing runs on them. */
  readonly maxIdle: number;
}

/** For calls. */
const CALLS: ConnectionOptions = {
  pipelining: 1,
  allowH2: false,
  // Calls have limits of their own, by function.
  headersTimeout: 0,
  bodyTimeout: 0,
  connectTimeout: 3_000,
  // Unless the pod announces less: then a second before that.
  keepAliveTimeout: 30_000,
  maxHeaderSize: 64 * 1024,
  maxIdle: Number.POSITIVE_INFINITY,
};

export class Connections {
  private readonly origin: string;
  private readonly options: ConnectionOptions;
  private idle: Client[] = [];
  private closed = false;

  constructor(address: string, port: number, options = CALLS) {
    this.origin = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
    this.options = options;
  }

  /** A client that runs no request. */
  take(): Client {
    return this.idle.pop() ?? this.open();
  }

  /** Returns a client whose request ended well. */
  give(client: Client): void {
    if (this.closed || this.idle.length >= this.options.maxIdle) client.destroy(null, noop);
    else this.idle.push(client);
  }

  /** Closes what is idle; clients that still run a request close when they come back. */
  close(): void {
    this.closed = true;
    for (const client of this.idle) client.destroy(null, noop);
    this.idle = [];
  }

  private open(): Client {
    const client = new Client(this.origin, this.options);
    client.on('disconnect', () => {
      const index = this.idle.indexOf(client);
      if (index >= 0) this.idle.splice(index, 1);
    });
    return client;
  }
}

function noop(): void {}
