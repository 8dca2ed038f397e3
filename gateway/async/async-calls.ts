/** What callers see of asynchronous calls when they make them. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Seal } from '#crds/wire/seal.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import { announcedLength, bodyTooLarge, NO_BODY, readBody } from '#gateway/http/body.ts';
import { parsePrefer } from '#gateway/http/prefer.ts';
import { jsonHeaders, reply, replyProblem } from '#gateway/http/reply.ts';
import type { CallRoute, InvocationRoute } from '#gateway/http/route.ts';
import type { Metrics } from '#gateway/metrics/metrics.ts';
import { type CallOptions, isFailure, readCallOptions } from './call-options.ts';
import { MAX_ASYNC_BODY_BYTES } from './deliverer.ts';
import { Hold } from './hold.ts';
import type { Intake } from './intake.ts';
import type { Invocations } from './invocations.ts';
import { hasEnded } from './records.ts';

export interface AsyncCallsOptions {
  /** Absent when no encryption key is set: then nothing is accepted. */
  readonly store:
    | { readonly intake: Intake; readonly invocations: Invocations; readonly seal: Seal }
    | undefined;
  readonly metrics: Pick<Metrics, 'refused'>;
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
    const { request, response } = call;
    const options = readCallOptions(request.headers, Date.now());
    if (isFailure(options)) {
      this.refuse(call, options);
      return;
    }
    const length = announcedLength(request);
    const commit = (what: AcceptOptions, how: CallOptions, body: Buffer) =>
      void this.commit(what, how, body).catch((error) => this.refuse(call, this.unavailable(error)));
    const take = (body: Buffer) => {
      const converted = call.convert?.(body);
      if (converted === undefined) commit(call, options, body);
      else if ('problem' in converted) this.refuse(call, converted);
      else {
        const { headers, idempotencyKey } = converted;
        commit({ ...call, headers }, { ...options, idempotencyKey }, converted.body);
      }
    };
    if (length > MAX_ASYNC_BODY_BYTES) this.refuse(call, bodyTooLarge(MAX_ASYNC_BODY_BYTES));
    else if (length === NO_BODY) take(Buffer.alloc(0));
    else {
      if (request.headers.expect !== undefined) response.writeContinue();
      readBody(request, MAX_ASYNC_BODY_BYTES, take, (reason) => this.refuse(call, reason));
    }
  }

  /** Answers requests for `/invocations/ID` and `/invocations/ID/response`. */
  show(route: InvocationRoute, request: IncomingMessage, response: ServerResponse, requestId: string): void {
    const { store } = this.options;
    const refuse = (reason: Failure) => replyProblem(request, response, reason, requestId);
    if (store === undefined) refuse(this.unavailable(new Error(NO_KEY)));
    else {
      store.invocations
        .show({ route, request, response, requestId })
        .catch((error) => refuse(this.unavailable(error)));
    }
  }

  private async commit(call: AcceptOptions, options: CallOptions, body: Buffer): Promise<void> {
    const { store } = this.options;
    if (store === undefined) throw new Error(NO_KEY);
    const { fn, route, requestId, headers } = call;
    const { delayMs, callback, idempotencyKey } = options;
    const id = idFor(store.seal, fn.key, idempotencyKey);
    const method = call.request.method as string;
    const request = { method, path: route.path, requestId, headers, callback };
    const parcel = store.intake.pack({ id, fn, request, body, delayMs });
    // An attempt whose answer was lost finds itself known.
    const outcome = await this.hold.until(
      () => store.intake.submit(parcel),
      parcel.sealed.length,
      () => call.response.destroyed,
    );
    this.failing = false;
    if (outcome === 'conflict') {
      const remedy = call.convert
        ? 'Another event with this source and id was sent before; give each event an id of its own.'
        : 'Use a new Idempotency-Key for a new request.';
      this.refuse(call, failure('IdempotencyConflict', remedy));
    } else if (outcome === 'full') {
      const { maxBacklog } = fn.limits.async;
      const detail = `${maxBacklog} calls of ${fn.key} are unfinished, as many as spec.async.maxBacklog allows.`;
      this.refuse(call, failure('BacklogFull', detail));
    } else await this.answer(call, id, store.invocations);
  }

  private async answer(call: AcceptOptions, id: string, invocations: Invocations): Promise<void> {
    const { request, response, requestId } = call;
    const { waitSeconds } = parsePrefer(request.headers.prefer);
    const record = waitSeconds > 0 ? await invocations.untilEnded(id, waitSeconds, response) : undefined;
    const location = ['location', `/invocations/${id}`];
    const ended = record !== undefined && hasEnded(record.state);
    if (ended && (await invocations.replay(id, request, response, location))) return;
    const body = JSON.stringify({ id, status: record?.state ?? 'queued' });
    const applied = call.route.asynchronous ? [] : ['preference-applied', 'respond-async', 'vary', 'prefer'];
    reply(request, response, 202, [...jsonHeaders(body, requestId), ...location, ...applied], body);
  }

  private refuse({ request, response, requestId }: AcceptOptions, reason: Failure): void {
    this.options.metrics.refused.inc({ reason: reason.problem.code });
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

const NO_KEY = 'CATNAP_ENCRYPTION_KEY is not set';

/** Random, or the same each time for the same idempotency key of the same function. */
function idFor(seal: Seal, functionKey: string, idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return `i${randomBytes(16).toString('hex')}`;
  return `i${seal.fingerprint(`${functionKey}\n${idempotencyKey}`, 'idempotency')}`;
}
