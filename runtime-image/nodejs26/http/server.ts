import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { currentCall } from '../log.ts';
import type { Settings } from '../settings.ts';
import { headers, rejections } from '../wire.ts';
import { Call } from './call.ts';
import type { Calls } from './calls.ts';
import type { Invoke } from './invoke.ts';
import { closeCall, failCall, timeOutCall } from './outcome.ts';
import { sendRejection } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import { respond } from './respond.ts';

/** Longer than any gateway keeps an idle connection, so that the gateway is always the one that closes it. */
const KEEP_ALIVE_MS = 650_000;
/** The gateway adds headers to what it already bounded. */
const MAX_HEADER_BYTES = 64 * 1024;

export interface ServerState {
  /** Set on shutdown: connections close after their current call. */
  closing: boolean;
  /** `namespace/name` of the only function whose calls it takes, where several share an address. */
  readonly addressee?: string | undefined;
}

/** The HTTP server of one function. It does not listen yet. */
export function createFunctionServer(
  settings: Settings,
  calls: Calls,
  invoke: Invoke,
  state: ServerState,
): Server {
  const admit = (request: IncomingMessage, response: ServerResponse): boolean => {
    if (state.closing) response.setHeader('connection', 'close');
    const { addressee } = state;
    const isMisdirected = addressee !== undefined && request.headers[headers.function] !== addressee;
    const rejection = isMisdirected ? rejections.misdirected : calls.rejection();
    if (rejection === undefined) return true;
    sendRejection(response, rejection, requestIdOf(request.headers[headers.requestId]));
    return false;
  };
  const start = (request: IncomingMessage, response: ServerResponse) => {
    const requestId = requestIdOf(request.headers[headers.requestId]);
    const call = new Call(request, response, Date.now() + settings.timeoutMs, requestId);
    calls.add(call);
    call.timer = setTimeout(timeOutCall, settings.timeoutMs, call, settings.timeoutMs);
    response.on('close', () => closeCall(call));
    currentCall.run(call, run, call, invoke, calls);
  };
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  server.on('request', (request, response) => {
    if (admit(request, response)) start(request, response);
  });
  server.on('checkContinue', (request, response) => {
    if (!admit(request, response)) return;
    response.writeContinue();
    start(request, response);
  });
  return server;
}

function run(call: Call, invoke: Invoke, calls: Calls): void {
  let pending: unknown;
  try {
    const result = invoke(call);
    pending = isThenable(result)
      ? result.then((value) => answer(call, value, calls))
      : answer(call, result, calls);
  } catch (error) {
    failCall(call, error);
  }
  if (isThenable(pending)) void finish(call, pending, calls);
  else settle(call, calls);
}

function answer(call: Call, value: unknown, { running }: Calls): void | Promise<void> {
  if (!call.answered) call.response.setHeader(headers.running, running.size);
  return respond(call, value);
}

async function finish(call: Call, pending: PromiseLike<unknown>, calls: Calls): Promise<void> {
  try {
    await pending;
  } catch (error) {
    failCall(call, error);
  }
  settle(call, calls);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

function settle(call: Call, calls: Calls): void {
  clearTimeout(call.timer);
  calls.delete(call);
}
