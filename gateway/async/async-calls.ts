/** What callers see of asynchronous calls: accepting them, and telling what became of them. */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Seal } from '#crds/wire/seal.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import { announcedLength, bodyTooLarge, NO_BODY, readBody } from '#gateway/http/body.ts';
import { parsePrefer } from '#gateway/http/prefer.ts';
import { reply, replyProblem } from '#gateway/http/reply.ts';
import type { CallRoute, InvocationRoute } from '#gateway/http/route.ts';
import type { Metrics } from '#gateway/metrics/metrics.ts';
import { MAX_ASYNC_BODY_BYTES } from './deliverer.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import { Hold } from './hold.ts';
import { decodeMessage, encodeMessage, type StoredResponse } from './message.ts';
import type { InvocationRecord, Records } from './records.ts';
import { statusDocument } from './status-document.ts';

const WAIT_POLL_MS = 50;
const INVOCATION_ID = /^i[0-9a-f]{32}$/;
/** A structured-field string, or leniently a bare token. */
const IDEMPOTENCY_KEY = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;

export interface AsyncCallsOptions {
  /** Absent when no encryption key is set: then nothing is accepted. */
  readonly store:
    | { readonly records: Records; readonly queue: DeliveryQueue; readonly seal: Seal }
    | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface AcceptOptions {
  readonly fn: FunctionState;
  readonly route: CallRoute;
  readonly headers: string[];
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Makes of the body what is to be delivered; a failure refuses the request. */
  readonly convert?: (body: Buffer) => Converted | Failure;
}

/** What a request stands for, when it is not delivered as it came. */
export interface Converted {
  readonly headers: string[];
  readonly body: Buffer;
  /** Takes the place of the header's. */
  readonly idempotencyKey: string;
}

export class AsyncCalls {
  private readonly options: AsyncCallsOptions;
  private readonly hold = new Hold();
  private failing = false;

  constructor(options: AsyncCallsOptions) {
    this.options = options;
  }

  /** Reads the request, commits it and answers 202, or with the response when that comes within `wait`. */
  accept(call: AcceptOptions): void {
    const { request, response, requestId } = call;
    const length = announcedLength(request);
    const refuse = (reason: Failure) => replyProblem(request, response, reason, requestId);
    const commit = (what: AcceptOptions, body: Buffer, key?: string) =>
      void this.commit(what, body, key).catch((error) => refuse(this.unavailable(error)));
    const take = (body: Buffer) => {
      const converted = call.convert?.(body);
      if (converted === undefined) commit(call, body);
      else if ('problem' in converted) refuse(converted);
      else commit({ ...call, headers: converted.headers }, converted.body, converted.idempotencyKey);
    };
    if (length > MAX_ASYNC_BODY_BYTES) refuse(bodyTooLarge(MAX_ASYNC_BODY_BYTES));
    else if (length === NO_BODY) take(Buffer.alloc(0));
    else {
      if (request.headers.expect !== undefined) response.writeContinue();
      readBody(request, MAX_ASYNC_BODY_BYTES, take, refuse);
    }
  }

  /** Answers `GET /invocations/ID` and `GET /invocations/ID/response`. */
  show(route: InvocationRoute, request: IncomingMessage, response: ServerResponse, requestId: string): void {
    const refuse = (reason: Failure) => replyProblem(request, response, reason, requestId);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(
        failure('MethodNotAllowed', 'Invocations can be read with GET and HEAD.', ['allow', 'GET, HEAD']),
      );
    } else this.read(route, request, response, requestId).catch((error) => refuse(this.unavailable(error)));
  }

  private async commit(call: AcceptOptions, body: Buffer, idempotencyKey?: string): Promise<void> {
    const { store, metrics } = this.options;
    if (store === undefined) throw new Error('CATNAP_ENCRYPTION_KEY is not set');
    const { fn, route, request, requestId } = call;
    const method = request.method as string;
    const id = this.idFor(store.seal, fn.key, idempotencyKey ?? request.headers['idempotency-key']);
    if (id === undefined) {
      this.refuse(
        call,
        failure('BadRequest', 'Idempotency-Key must be a string of 1 to 255 printable characters.'),
      );
      return;
    }
    const fingerprint = createHash('sha256').update(`${method} ${route.path}\n`).update(body).digest('hex');
    const message = encodeMessage({ method, path: route.path, requestId, headers: call.headers }, body);
    const sealed = store.seal.close(message, `request:${id}:${fn.key}`).toString('base64');
    // An attempt whose answer was lost finds its own record, and the queue takes an id only once.
    const attempt = async (): Promise<'queued' | 'known' | 'conflict'> => {
      if ((await store.records.create(id, fn.key, fingerprint)) === 'exists') {
        const known = await store.records.get(id);
        if (known?.request !== fingerprint) return 'conflict';
        if (known.state !== 'queued') return 'known';
      }
      await store.queue.add(id, { function: fn.key, request: sealed }, fn.limits.asyncAttempts);
      return 'queued';
    };
    const outcome = await this.hold.until(attempt, sealed.length, () => call.response.destroyed);
    if (outcome === 'conflict') {
      const remedy = idempotencyKey
        ? 'Another event with this source and id was sent before; give each event an id of its own.'
        : 'Use a new Idempotency-Key for a new request.';
      this.refuse(call, failure('IdempotencyConflict', remedy));
      return;
    }
    if (outcome === 'queued') metrics.asyncAccepted.inc();
    this.failing = false;
    await this.answer(call, id);
  }

  /** Random, or the same each time for the same idempotency key of the same function. */
  private idFor(seal: Seal, functionKey: string, header: string | string[] | undefined): string | undefined {
    if (header === undefined) return `i${randomBytes(16).toString('hex')}`;
    const match = typeof header === 'string' ? IDEMPOTENCY_KEY.exec(header.trim()) : null;
    if (match === null) return undefined;
    return `i${seal.fingerprint(`${functionKey}\n${match[1] ?? match[2]}`, 'idempotency')}`;
  }

  private async answer(call: AcceptOptions, id: string): Promise<void> {
    const { request, response, requestId } = call;
    const finished = await this.waitFor(id, parsePrefer(request.headers.prefer).waitSeconds, response);
    if (finished?.response !== undefined) {
      this.replay(finished.response, id, request, response, ['location', `/invocations/${id}`]);
      return;
    }
    const body = JSON.stringify({ id, status: finished?.state ?? 'queued' });
    const applied = call.route.asynchronous ? [] : ['preference-applied', 'respond-async', 'vary', 'prefer'];
    reply(
      request,
      response,
      202,
      [...json(body, requestId), 'location', `/invocations/${id}`, ...applied],
      body,
    );
  }

  private async waitFor(
    id: string,
    seconds: number,
    response: ServerResponse,
  ): Promise<InvocationRecord | undefined> {
    const { records } = this.options.store as NonNullable<AsyncCallsOptions['store']>;
    const deadline = performance.now() + seconds * 1_000;
    while (performance.now() < deadline && !response.destroyed) {
      const state = await records.state(id).catch(() => undefined);
      if (state === 'succeeded' || state === 'failed') return records.get(id);
      await new Promise((resolve) => setTimeout(resolve, WAIT_POLL_MS));
    }
    return undefined;
  }

  private async read(
    route: InvocationRoute,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ) {
    const { store } = this.options;
    const { id } = route;
    const known = store && INVOCATION_ID.test(id) ? await store.records.get(id) : undefined;
    if (store === undefined || known === undefined) {
      replyProblem(
        request,
        response,
        failure('InvocationNotFound', 'It does not exist, or its result has expired.'),
        requestId,
      );
    } else if (!route.response) {
      const body = JSON.stringify(statusDocument(id, known, this.stored(id, known.response)));
      const unfinished = known.finishedAt === undefined ? ['retry-after', '1'] : [];
      reply(request, response, 200, [...json(body, requestId), ...unfinished], body);
    } else if (known.response !== undefined) this.replay(known.response, id, request, response, []);
    else replyProblem(request, response, withoutResponse(known), requestId);
  }

  private stored(id: string, sealed: Buffer | undefined): { head: StoredResponse; body: Buffer } | undefined {
    const { store } = this.options;
    return sealed && store && decodeMessage<StoredResponse>(store.seal.open(sealed, `response:${id}`));
  }

  /** The function's response as it gave it. */
  private replay(
    sealed: Buffer,
    id: string,
    request: IncomingMessage,
    response: ServerResponse,
    more: string[],
  ): void {
    const { head, body } = this.stored(id, sealed) as { head: StoredResponse; body: Buffer };
    const headers: string[] = [];
    for (let i = 0; i < head.headers.length; i += 2) {
      if (head.headers[i] !== 'content-length')
        headers.push(head.headers[i] as string, head.headers[i + 1] as string);
    }
    reply(request, response, head.status, [...headers, ...more, 'content-length', String(body.length)], body);
  }

  private refuse({ request, response, requestId }: AcceptOptions, reason: Failure): void {
    replyProblem(request, response, reason, requestId);
  }

  private unavailable(error: unknown): Failure {
    if (!this.failing) this.options.log.warn({ err: error }, 'asynchronous calls cannot be served');
    this.failing = true;
    return failure(
      'AsyncUnavailable',
      'The store of asynchronous calls is not reachable; the call was not accepted.',
    );
  }
}

function json(body: string, requestId: string): string[] {
  return [
    ...['content-type', 'application/json'],
    ...['content-length', String(Buffer.byteLength(body))],
    ...['cache-control', 'no-store'],
    ...['x-request-id', requestId],
  ];
}

function withoutResponse({ state, reason, detail }: InvocationRecord): Failure {
  if (state !== 'failed') return failure('InvocationUnfinished', `The invocation is ${state}.`);
  return failure('InvocationNotFound', `The function never answered: ${reason}. ${detail ?? ''}`);
}
