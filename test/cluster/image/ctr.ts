import { type RunOptions, run } from '../host/run.ts';

/** Runs containerd's own client on the images and containers that the kubelet sees. */
export function ctr(socket: string, args: string[], options?: RunOptions): Promise<string> {
  return run('ctr', ['--address', socket, '--namespace', 'k8s.io', ...args], options);
}
