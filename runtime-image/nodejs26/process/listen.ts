import type { Server } from 'node:http';

/** Calls that may wait in the kernel for the event loop. */
const BACKLOG = 1024;

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** What `listen` calls once it has looked up the host; not documented, hence optional here. */
interface ListenInternals {
  /** @param address null for every address */
  _listen2?(address: string | null, port: number, addressType: 4, backlog: number): void;
}

/**
 * Listens on every address (IPv6 and IPv4), or on `host` alone. Node's own way there looks the host up, which compiles
 * a regular expression for IPv6 addresses, 7 of the 40 ms that a start takes, and loads `node:cluster`, 1 of the 3.5 ms
 * that an isolate takes. Both are passed by where this Node allows it.
 */
export function listen(server: Server, host: string | undefined, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).once('listening', resolve);
    const internals = server as Server & ListenInternals;
    if ((host === undefined || IPV4.test(host)) && internals._listen2) {
      internals._listen2(host ?? null, port, 4, BACKLOG);
    } else server.listen({ host, port, backlog: BACKLOG });
  });
}
