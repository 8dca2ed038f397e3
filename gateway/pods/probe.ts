/**
 * Finds out that a pod listens before the API server says so: while calls wait, pods that have an address
 * are tried by TCP connect. That the port is open means ready, for every image.
 */
import { connect } from 'node:net';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { Pod } from './pod.ts';

const PERIOD_MS = 10;
const CONNECT_TIMEOUT_MS = 1_000;
/** Connection attempts under way at once; more wait for the next round. */
const MAX_PROBES = 512;

export class Prober {
  private readonly waiting = new Set<FunctionState>();
  private readonly probed = new Set<Pod>();
  private readonly onUp: (fn: FunctionState, pod: Pod) => void;
  private timer: NodeJS.Timeout | undefined;

  constructor(onUp: (fn: FunctionState, pod: Pod) => void) {
    this.onUp = onUp;
  }

  /** Probes the function's starting pods until no call of it waits. */
  watch(fn: FunctionState): void {
    this.waiting.add(fn);
    this.probe(fn);
    this.timer ??= setInterval(() => this.round(), PERIOD_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.waiting.clear();
  }

  private round(): void {
    for (const fn of this.waiting) {
      if (fn.waiting === 0) this.waiting.delete(fn);
      else this.probe(fn);
    }
    if (this.waiting.size === 0) this.stop();
  }

  private probe(fn: FunctionState): void {
    for (const pod of fn.pods) {
      if (pod.state !== 'starting' || pod.address === undefined) continue;
      if (this.probed.has(pod) || this.probed.size >= MAX_PROBES) continue;
      this.probed.add(pod);
      void listens(pod.address, pod.port).then((up) => {
        this.probed.delete(pod);
        if (up && pod.state === 'starting') this.onUp(fn, pod);
      });
    }
  }
}

/** Whether a TCP connection can be made; closes it at once. */
export function listens(host: string, port: number, timeout = CONNECT_TIMEOUT_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true, timeout });
    const settle = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.on('error', () => settle(false));
  });
}
