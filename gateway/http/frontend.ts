/** What happens to each request: finds its function and starts the call, or answers why not. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AsyncCalls } from '#gateway/async/async-calls.ts';
import { eventRequest } from '#gateway/cloudevents/event-request.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import type { Hooks } from '#gateway/triggers/webhook/hooks.ts';
import {
  announcedLength,
  bodyTooLarge,
  NO_BODY,
  readBody,
  UNKNOWN_LENGTH,
  WHOLE_BODY_BYTES,
} from './body.ts';
import { HttpExchange } from './http-exchange.ts';
import { parsePrefer } from './prefer.ts';
import { replyProblem } from './reply.ts';
import { requestHeaders } from './request-headers.ts';
import { requestId } from './request-id.ts';
import { type CallRoute, type EventsRoute, type HookRoute, parseRoute } from './route.ts';
import { responseOn, upgradeProtocol } from './upgrade.ts';

export interface FrontendOptions {
  readonly invoker: Invoker;
  readonly asyncCalls: AsyncCalls;
  /** Absent while the gateway runs no triggers. */
  readonly hooks?: Hooks;
  /** Whether the function table is complete. */
  readonly synced: () => boolean;
  readonly maxBodyBytes: number;
  readonly trustForwarded: boolean;
}

export class Frontend {
  /** Set while the gateway drains: connections are not to be used again. */
  closing = false;
  private readonly options: FrontendOptions;

  constructor(options: FrontendOptions) {
    this.options = options;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (this.closing) response.shouldKeepAlive = false;
    const id = requestId(request.headers['x-request-id']);
    const route = parseRoute(request.url as string);
    if (route === undefined) this.refuse(request, response, id, noRoute());
    else if (route.kind === 'invocation') this.options.asyncCalls.show(route, request, response, id);
    else if (route.kind === 'events') this.events(route, request, response, id);
    else if (route.kind === 'hook') this.hook(route, request, response, id);
    else this.call(route, request, response, id);
  }

  /** A request to leave HTTP: it is a call like any other until the pod agrees. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (head.length > 0) socket.unshift(head);
    const response = responseOn(request, socket);
    const id = requestId(request.headers['x-request-id']);
    const route = parseRoute(request.url as string);
    if (route?.kind !== 'call' || route.asynchronous) this.refuse(request, response, id, noRoute());
    else this.call(route, request, response, id, upgradeProtocol(request));
  }

  private hook(route: HookRoute, request: IncomingMessage, response: ServerResponse, id: string): void {
    const { hooks } = this.options;
    if (hooks === undefined) this.refuse(request, response, id, noRoute());
    else hooks.handle(route, request, response, id);
  }

  private call(
    route: CallRoute,
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    upgrade?: string,
  ): void {
    const { invoker, synced, asyncCalls, trustForwarded } = this.options;
    const fn = invoker.table.get(route.key);
    if (fn === undefined) {
      this.refuse(request, response, id, synced() ? noFunction(route.key) : notSynced());
      return;
    }
    const headers = requestHeaders(request, { requestId: id, prefix: route.prefix, trustForwarded });
    const { prefer } = request.headers;
    if (
      route.asynchronous ||
      (prefer !== undefined && upgrade === undefined && parsePrefer(prefer).respondAsync)
    ) {
      asyncCalls.accept({ fn, route, headers, request, response, requestId: id });
    } else this.receive(fn, route, headers, request, response, id, upgrade);
  }

  /** Events are kept like asynchronous calls, so that they are not lost once they are acknowledged. */
  private events(route: EventsRoute, request: IncomingMessage, response: ServerResponse, id: string): void {
    const { invoker, synced, asyncCalls, trustForwarded } = this.options;
    const { key, prefix } = route;
    const fn = invoker.table.get(key);
    if (fn === undefined) {
      this.refuse(request, response, id, synced() ? noFunction(key) : notSynced());
    } else if (request.method !== 'POST') {
      this.refuse(
        request,
        response,
        id,
        failure('MethodNotAllowed', 'Events are sent with POST.', ['allow', 'POST']),
      );
    } else {
      const headers = requestHeaders(request, { requestId: id, prefix, trustForwarded });
      const call: CallRoute = { kind: 'call', asynchronous: true, key, prefix, path: '/' };
      const convert = (body: Buffer) => eventRequest(request.headers, headers, body);
      asyncCalls.accept({ fn, route: call, headers, request, response, requestId: id, convert });
    }
  }

  /** Takes in the body as far as that comes before the call. */
  private receive(
    fn: FunctionState,
    route: CallRoute,
    headers: string[],
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    upgrade: string | undefined,
  ): void {
    const { maxBodyBytes } = this.options;
    const start = (body: Buffer | null | undefined) => {
      const { path } = route;
      const exchange = new HttpExchange({
        request,
        response,
        requestId: id,
        path,
        headers,
        body,
        maxBodyBytes,
        upgrade,
      });
      exchange.run(this.options.invoker.call(fn, exchange));
    };
    const length = announcedLength(request);
    if (length === NO_BODY) start(null);
    else if (length > maxBodyBytes) this.refuse(request, response, id, bodyTooLarge(maxBodyBytes));
    else if (length !== UNKNOWN_LENGTH && length <= WHOLE_BODY_BYTES) {
      if (request.headers.expect !== undefined) response.writeContinue();
      readBody(request, WHOLE_BODY_BYTES, start, (reason) => this.refuse(request, response, id, reason));
    } else {
      if (length !== UNKNOWN_LENGTH) headers.push('content-length', String(length));
      start(undefined);
    }
  }

  private refuse(request: IncomingMessage, response: ServerResponse, id: string, reason: Failure): void {
    this.options.invoker.metrics.refused.inc({ reason: reason.problem.code });
    replyProblem(request, response, reason, id);
  }
}

function noRoute(): Failure {
  return failure(
    'RouteNotFound',
    'Call a function at /fn/NAMESPACE/NAME or /async/NAMESPACE/NAME, send events to /events/NAMESPACE/NAME, post to /hooks/NAMESPACE/NAME/TRIGGER, or ask for /invocations/ID.',
  );
}

function noFunction(key: string): Failure {
  return failure('FunctionNotFound', `There is no function ${key.slice(0, 128)}.`);
}

function notSynced(): Failure {
  return failure('GatewayStarting', 'The gateway has just started; repeat the call in a moment.');
}
