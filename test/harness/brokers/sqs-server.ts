/** Process entry: PORT [DIRECTORY]. An SQS-compatible server; with a directory, it keeps its queues there. */
import { Server } from 'node:net';
import { startFauxqs } from 'fauxqs';

const [port, dataDir] = process.argv.slice(2);

// It would listen on every address.
const listen = Server.prototype.listen;
Server.prototype.listen = function (this: Server, options: object, ...rest: unknown[]) {
  return Reflect.apply(listen, this, [{ ...options, host: '127.0.0.1' }, ...rest]);
} as typeof listen;

await startFauxqs({ port: Number(port), dataDir, logger: false });
