import { connect, createServer } from 'node:net';

/** A TCP port on 127.0.0.1 that was free a moment ago; `preferred` when that one is. */
export async function freePort(preferred = 0): Promise<number> {
  try {
    return await bindOnce(preferred);
  } catch (error) {
    if (preferred === 0) throw error;
    return bindOnce(0);
  }
}

function bindOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    // Every address, as the gateway does: a port that only another address holds is not free either.
    server.listen(port, () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}

/** Sends bytes over TCP and resolves with the first bytes that come back; rejects within `timeoutMs`. */
export function exchange(port: number, message: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('timed out')));
    socket.once('connect', () => socket.write(message));
    socket.once('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without an answer')));
  });
}
