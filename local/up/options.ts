import { parseArgs } from 'node:util';

export interface Options {
  help: boolean;
  demo: boolean;
  /** Directory that keeps state over restarts. */
  data?: string;
  /** Port of the gateway. */
  port?: number;
}

export const usage = `Usage: npm start [-- OPTIONS]

Starts Catnap on this machine: Redis, a Kubernetes cluster in one process, the operator and the gateway;
then tells what your functions do until Ctrl-C, which stops everything.

  --demo        Show the tour (deploy, wake, scale out, sleep, delete) and exit
  --data DIR    Keep functions, queue and logs in DIR over restarts (default: a temporary directory)
  --port PORT   Port of the gateway (default: 8080, or a free one when 8080 is taken)
  --help        This text
`;

/** Throws with a sentence for anything that is not in the usage text. */
export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      demo: { type: 'boolean', default: false },
      data: { type: 'string' },
      port: { type: 'string' },
    },
  });
  if (values.data === '') throw new Error('--data needs a directory');
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new Error(`--port ${values.port}: not a port between 1 and 65535`);
  }
  return { help: values.help, demo: values.demo, data: values.data, port };
}
