import { connect } from 'node:net';

const LIMIT_MS = 5_000;
const OK = /^HTTP\/1\.1 200 /;

/**
 * Sends one request as it stands and waits until the connection is closed behind the answer.
 * @throws Error unless the status is 200
 */
export function exchange(port: number, host: string, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${LIMIT_MS} ms`)), LIMIT_MS);
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      if (OK.test(answer)) resolve();
      else reject(new Error(`answered ${JSON.stringify(answer)}`));
    });
    socket.write(request);
  });
}
