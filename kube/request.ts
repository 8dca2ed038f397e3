/** One HTTP call to the API server: deadline, credentials, bounded answer, typed errors, metrics, retry. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, request } from 'undici';
import { type Clock, sleep } from './clock.ts';
import { errorFromStatus, isKubeError, KubeError, transportError, transportReasons } from './errors.ts';
import type { Connection, Transport } from './transport.ts';

/** What one finished call tells metrics: `rest_client_requests_total`, `rest_client_request_duration_seconds`. */
export interface RequestObservation {
  /** HTTP method. */
  method: string;
  /** The API's verb: get, list, watch, create, update, patch, apply, delete. */
  verb: string;
  host: string;
  /** HTTP status, or `<error>` when no answer came. */
  code: string;
  durationSeconds: number;
}

export interface ClientObserver {
  request(observation: RequestObservation): void;
}

export interface CallOptions {
  /** Cancels the call; it then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds for one attempt, from credentials to the last byte. */
  timeoutMs?: number;
}

export interface Call extends CallOptions {
  verb: string;
  method: Dispatcher.HttpMethod;
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  contentType?: string;
}

export interface RequesterOptions {
  transport: Transport;
  userAgent: string;
  timeoutMs: number;
  maxResponseBytes: number;
  clock: Clock;
  observer?: ClientObserver;
}

export interface Requester {
  /** Sends the call and returns the parsed JSON. */
  send(call: Call): Promise<unknown>;
  /** Sends a GET and returns its body as a stream; the deadline holds until the headers are there. */
  open(call: Call): Promise<AsyncIterable<Uint8Array>>;
}

const MAX_RETRIES = 2;
const MAX_RETRY_WAIT_SECONDS = 5;

export function createRequester(options: RequesterOptions): Requester {
  const { transport, clock } = options;

  const attempt = async <R>(call: Call, use: (answer: Answer, signal: AbortSignal) => Promise<R>) => {
    const timeoutMs = call.timeoutMs ?? options.timeoutMs;
    const startedAt = clock.monotonic();
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(TIMED_OUT), timeoutMs);
    const signal = call.signal ? AbortSignal.any([deadline.signal, call.signal]) : deadline.signal;
    let code = '<error>';
    try {
      const connection = await abortable(transport.connection(), signal);
      const answer = await dispatch(call, connection, signal);
      code = String(answer.statusCode);
      return await use(answer, signal);
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason;
      throw isKubeError(error) ? error : failure(call, error, timeoutMs, transport.host);
    } finally {
      clearTimeout(timer);
      const durationSeconds = (clock.monotonic() - startedAt) / 1000;
      const { method, verb } = call;
      options.observer?.request({ method, verb, host: transport.host, code, durationSeconds });
    }
  };

  const dispatch = (call: Call, connection: Connection, signal: AbortSignal) =>
    request(transport.baseUrl + call.path + queryOf(call), {
      dispatcher: call.verb === 'watch' ? connection.watches : connection.calls,
      method: call.method,
      headers: {
        ...connection.headers,
        accept: 'application/json',
        'user-agent': options.userAgent,
        ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      },
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal,
    });

  const withRetries = async <R>(call: Call, once: () => Promise<R>): Promise<R> => {
    const seen = { retries: 0, renewed: false };
    for (;;) {
      try {
        return await once();
      } catch (error) {
        const waitMs = isKubeError(error) ? retryWaitMs(call, error, seen, transport) : undefined;
        if (waitMs === undefined) throw error;
        await sleep(clock, waitMs, call.signal);
        call.signal?.throwIfAborted();
      }
    }
  };

  return {
    send: (call) =>
      withRetries(call, () =>
        attempt(call, async (answer) => {
          const text = await readBody(answer.body, options.maxResponseBytes, call);
          return parseAnswer(call, answer, text);
        }),
      ),
    open: (call) =>
      withRetries(call, () =>
        attempt(call, async (answer) => {
          if (answer.statusCode === 200) return answer.body;
          const text = await readBody(answer.body, options.maxResponseBytes, call);
          parseAnswer(call, answer, text);
          throw transportError(
            transportReasons.invalidResponse,
            `${describe(call)}: a watch was answered with ${answer.statusCode}`,
          );
        }),
      ),
  };
}

interface Answer {
  statusCode: number;
  headers: IncomingHttpHeaders;
  body: AsyncIterable<Uint8Array>;
}

const TIMED_OUT = Symbol('timed out');

/** Retries what certainly had no effect: GETs that the server put off, and calls with an outdated token. */
function retryWaitMs(
  call: Call,
  error: KubeError,
  seen: { retries: number; renewed: boolean },
  transport: Transport,
): number | undefined {
  if (error.status === 401) {
    if (seen.renewed || !transport.renewCredentials()) return undefined;
    seen.renewed = true;
    return 0;
  }
  const putOff = error.status === 429 || error.status === 503;
  const waitSeconds = error.retryAfterSeconds;
  if (call.method !== 'GET' || !putOff || waitSeconds === undefined) return undefined;
  if (waitSeconds > MAX_RETRY_WAIT_SECONDS || seen.retries >= MAX_RETRIES) return undefined;
  seen.retries += 1;
  return waitSeconds * 1000;
}

function parseAnswer(call: Call, answer: Answer, text: string): unknown {
  const { statusCode, headers } = answer;
  const success = statusCode >= 200 && statusCode < 300;
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    if (success) {
      const message = `${describe(call)}: the answer is not JSON`;
      throw transportError(transportReasons.invalidResponse, message, error);
    }
  }
  if (success) return body;
  const retryAfter = headers['retry-after'];
  throw errorFromStatus(describe(call), statusCode, body, retryAfter);
}

async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number, call: Call): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      const message = `${describe(call)}: the answer has more than ${maxBytes} bytes`;
      throw new KubeError({
        status: 0,
        reason: transportReasons.invalidResponse,
        message,
        retryable: false,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function failure(call: Call, error: unknown, timeoutMs: number, host: string): KubeError {
  if (error === TIMED_OUT) {
    return transportError(
      transportReasons.timeout,
      `${describe(call)}: no answer from ${host} within ${timeoutMs} ms`,
    );
  }
  const code = (error as { code?: unknown } | null)?.code;
  const detail = error instanceof Error ? error.message : String(error);
  return transportError(
    transportReasons.connectionFailed,
    `${describe(call)}: ${host}: ${detail || (typeof code === 'string' ? code : 'the connection failed')}`,
    error,
  );
}

function describe(call: Call): string {
  return `${call.verb} ${call.path}`;
}

function queryOf(call: Call): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** The promise's outcome, unless the signal comes first; the promise goes on for whoever else waits. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
