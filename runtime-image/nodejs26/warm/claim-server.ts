/** The port that gateways make claims on. Whatever else reaches it must cost little: small headers, seconds to live. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type RequestError, readBody } from '../http/body.ts';
import { log } from '../log.ts';
import { CLAIM_PATH, claimHeaders, MAX_LAUNCH_SPEC_BYTES } from '../wire.ts';
import type { Claim, Claims, Outcome } from './claims.ts';
import { readLaunchSpec } from './launch-spec.ts';
import type { IsGenuine } from './verify.ts';

const MAX_HEADER_BYTES = 4_096;
/** Some for each gateway and the probe; each may make the pod hold a launch spec that nobody has signed. */
const MAX_CONNECTIONS = 16;
const HEADERS_TIMEOUT_MS = 2_000;
/** For the whole request; the answer may take as long as the code takes to load. */
const REQUEST_TIMEOUT_MS = 5_000;

/** Longer than any gateway keeps an idle connection, so that the gateway is always the one that closes it. */
const KEEP_ALIVE_MS = 650_000;

/** Who decides about claims that are genuine. */
export type ClaimTaker = Pick<Claims, 'claim'>;

export interface ClaimServerOptions {
  readonly maxConnections: number;
  /** Whether more claims may follow on the same connection. */
  readonly keepAlive: boolean;
}

/** Creates the server; the caller lets it listen. */
export function createClaimServer(
  isGenuine: IsGenuine,
  claims: ClaimTaker,
  { maxConnections, keepAlive }: ClaimServerOptions = { maxConnections: MAX_CONNECTIONS, keepAlive: false },
): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
  });
  server.maxConnections = maxConnections;
  // Nothing here keeps the process alive while code loads: that the event loop runs empty tells that it hangs.
  server.on('connection', (socket) => socket.unref());
  const take: Take = (claim, response) => {
    // Only now: whoever cannot make claims shall not keep connections either.
    if (keepAlive) response.setHeader('connection', 'keep-alive');
    claims.claim(claim, ({ status, body }) => send(response, status, body));
  };
  server.on('request', (request, response) => {
    response.setHeader('connection', 'close');
    void handle(request, response, isGenuine, take);
  });
  return server;
}

type Take = (claim: Claim, response: ServerResponse) => void;

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  isGenuine: IsGenuine,
  take: Take,
): Promise<void> {
  if (request.url !== CLAIM_PATH) return send(response, 404);
  if (request.method !== 'POST') return send(response.setHeader('allow', 'POST'), 405);
  const claim = await readClaim(request, isGenuine);
  if ('status' in claim) return send(response, claim.status);
  take(claim, response);
}

async function readClaim(request: IncomingMessage, isGenuine: IsGenuine): Promise<Claim | Outcome> {
  let body: Buffer;
  try {
    body = await readBody(request, MAX_LAUNCH_SPEC_BYTES);
  } catch (error) {
    await restOf(request);
    return { status: (error as RequestError).reason === 'PayloadTooLarge' ? 413 : 400 };
  }
  const receivedAt = performance.now();
  const signature = request.headers[claimHeaders.signature];
  if (!isGenuine(body, typeof signature === 'string' ? signature : undefined)) return { status: 401 };
  try {
    return { spec: readLaunchSpec(body), body, receivedAt };
  } catch (error) {
    log('warn', 'refused a claim that is not a launch spec', { error: (error as Error).message });
    return { status: 400 };
  }
}

/** Reads on without keeping anything: an answer before the end of the body would be lost with the connection. */
function restOf(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (request.destroyed) return resolve();
    request.on('end', resolve).on('close', resolve).resume();
  });
}

/** Answers. Small as they are, answers are with the kernel when this returns. */
function send(response: ServerResponse, status: number, body?: object): Promise<void> {
  const text = body ? JSON.stringify(body) : '';
  const type = body && { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(text) });
  return new Promise((resolve) => {
    if (response.closed) return resolve();
    response.on('finish', resolve).on('close', resolve);
    response.end(text);
  });
}
