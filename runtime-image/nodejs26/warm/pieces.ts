/** Functions that do nothing, with which code is run in before the first real one comes. */
import type { Server } from 'node:http';
import type { Environment } from '../settings.ts';
import type { WarmPod } from './pod.ts';

export const LOOPBACK = '127.0.0.1';

export interface Piece {
  readonly handler: string;
  readonly files: Record<string, string>;
}

const event =
  'async (event, context) => ({ path: event.path, query: event.query, ms: context.remainingMs() })';

/**
 * A function for each way in which Node loads a file, and for both kinds of handler. Not for TypeScript: what takes
 * its types away is 17 MB that most pods would hold for nothing.
 */
export const pieces: Piece[] = [
  { handler: 'index.handler', files: { 'index.mjs': `export const handler = ${event};\n` } },
  { handler: 'index.handler', files: { 'index.cjs': `exports.handler = ${event};\n` } },
  {
    handler: 'src/index.handler',
    files: {
      'src/index.js': `import './more.js';\nexport const handler = ${event};\n`,
      'src/more.js': 'export {};\n',
    },
  },
  {
    handler: 'index.default',
    files: { 'index.mjs': 'export default { fetch: ({ url }) => Response.json({ url }) };\n' },
  },
];

/** A call of one of them, as it goes over the wire. */
export function callText(): string {
  const head = ['GET /?a=b HTTP/1.1', 'host: rehearsal', 'x-request-id: rehearsal', 'connection: close'];
  return `${head.join('\r\n')}\r\n\r\n`;
}

/** Takes what a function's start does to its process. */
export function standIn(env: Environment): WarmPod['process'] {
  return {
    env: { ...env },
    chdir: () => undefined,
    on() {
      return process;
    },
  };
}

export function close(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}
