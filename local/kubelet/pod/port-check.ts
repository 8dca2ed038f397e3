/**
 * Finds out whether a pod's ports are free on its address.
 *
 * A program that listens on all addresses of the machine also answers on those of pods: it would make their
 * readiness probes succeed, and keep the pods themselves from listening.
 */
import { connect } from 'node:net';
import type { Pod } from 'kubernetes-types/core/v1.js';

const TIMEOUT_MS = 500;

/** The first declared TCP port that already answers on the address; undefined when all are free. */
export async function takenPort(pod: Pod, address: string): Promise<number | undefined> {
  const ports = (pod.spec?.containers ?? [])
    .flatMap((container) => container.ports ?? [])
    .filter(({ protocol }) => protocol === undefined || protocol === 'TCP')
    .map(({ containerPort }) => containerPort);
  const taken = await Promise.all(ports.map((port) => answers(address, port)));
  return ports.find((_port, index) => taken[index]);
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const finish = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}
