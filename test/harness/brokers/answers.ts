import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { exchange } from '#local/up/ports.ts';

/** Resolves once a TCP server answers a message with bytes that begin as expected. */
export async function answers(
  port: number,
  message: string,
  expected: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const answer = await exchange(port, message, 500).catch(() => '');
    if (answer.startsWith(expected)) return;
    await delay(20, undefined, { signal });
  }
}

/** Resolves once a TCP server accepts connections. */
export async function accepts(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port });
    const accepted = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (accepted) return;
    await delay(20, undefined, { signal });
  }
}
