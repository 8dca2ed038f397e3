/** Keep-alive connections to one pod: one call at a time each, the most recently used first. */
import { Client } from 'undici';

const OPTIONS: Client.Options = {
  pipelining: 1,
  allowH2: false,
  // Calls have limits of their own, by function.
  headersTimeout: 0,
  bodyTimeout: 0,
  connectTimeout: 3_000,
  // Unless the pod announces less: then a second before that.
  keepAliveTimeout: 30_000,
  maxHeaderSize: 64 * 1024,
};

export class Connections {
  private readonly origin: string;
  private idle: Client[] = [];
  private closed = false;

  constructor(address: string, port: number) {
    this.origin = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  /** A client that runs no call. */
  take(): Client {
    return this.idle.pop() ?? this.open();
  }

  /** Returns a client whose call ended well. */
  give(client: Client): void {
    if (this.closed) client.destroy(null, noop);
    else this.idle.push(client);
  }

  /** Closes what is idle; clients that still run a call close when they come back. */
  close(): void {
    this.closed = true;
    for (const client of this.idle) client.destroy(null, noop);
    this.idle = [];
  }

  private open(): Client {
    const client = new Client(this.origin, OPTIONS);
    client.on('disconnect', () => {
      const index = this.idle.indexOf(client);
      if (index >= 0) this.idle.splice(index, 1);
    });
    return client;
  }
}

function noop(): void {}
