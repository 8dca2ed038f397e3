/** The kubelet's HTTP endpoint: container logs, for the API server alone. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '#kube/clock.ts';
import { describeError, type Log } from '#kube/log.ts';
import { type LogOptions, logOptionsFrom } from './lines.ts';
import { type LogFollow, readLog } from './read.ts';

export interface LogTarget {
  path: string;
  /** Absent when the run is over. */
  follow?: (signal: AbortSignal) => LogFollow;
}

/** Finds a container's log; a string says why there is none. */
export type FindLog = (
  namespace: string,
  pod: string,
  container: string,
  options: LogOptions,
) => LogTarget | string | undefined;

export interface KubeletServer {
  port: number;
  /** Bearer token that requests must carry. */
  token: string;
  stop(): Promise<void>;
}

/** Serves `GET /containerLogs/NAMESPACE/POD/CONTAINER` on a free loopback port. */
export async function startKubeletServer(options: {
  find: FindLog;
  clock: Clock;
  log: Log;
}): Promise<KubeletServer> {
  const token = randomBytes(32).toString('base64url');
  const server = createServer((request, response) => {
    respond(request, response, token, options).catch((error: unknown) => {
      options.log.debug(describeError(error), 'log stream ended');
      response.destroy();
    });
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    token,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  { find, clock }: { find: FindLog; clock: Clock },
): Promise<void> {
  if (!sameText(request.headers.authorization ?? '', `Bearer ${token}`))
    return say(response, 401, 'Unauthorized');
  const url = new URL(request.url ?? '/', 'http://kubelet');
  const [, kind, ...parts] = url.pathname.split('/').map(decodeURIComponent);
  const [namespace, pod, container] = parts;
  if (kind !== 'containerLogs' || !namespace || !pod || !container || parts.length !== 3) {
    return say(response, 404, 'not found');
  }
  if (request.method !== 'GET') return say(response, 405, 'only GET is possible');
  let options: LogOptions;
  try {
    options = logOptionsFrom(url.searchParams, clock.now());
  } catch (error) {
    return say(response, 400, (error as Error).message);
  }
  const target = find(namespace, pod, container, options);
  if (target === undefined)
    return say(response, 404, `container ${container} of pod ${namespace}/${pod} not found`);
  if (typeof target === 'string') return say(response, 400, target);
  await stream(response, target, options);
}

async function stream(response: ServerResponse, target: LogTarget, options: LogOptions): Promise<void> {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.flushHeaders();
  const follow = options.follow ? target.follow?.(closed.signal) : undefined;
  const text = limited(readLog(target.path, options, follow), options.limitBytes);
  await pipeline(Readable.from(text, { objectMode: false }), response);
}

async function* limited(
  pieces: AsyncIterable<string>,
  limitBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer> {
  let left = limitBytes;
  for await (const piece of pieces) {
    if (left <= 0) return;
    const bytes = Buffer.from(piece).subarray(0, left);
    left -= bytes.length;
    yield bytes;
    if (left <= 0) return;
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/** Compares hashes, so that neither content nor length shows in the time it takes. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
