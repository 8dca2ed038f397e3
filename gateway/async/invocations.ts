/** What callers see of asynchronous calls afterwards: status, response, waiting for either, and cancelling. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Redis } from 'ioredis';
import type { Seal } from '#crds/wire/seal.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import { LONGEST_WAIT_SECONDS, parsePrefer } from '#gateway/http/prefer.ts';
import { jsonHeaders, reply, replyProblem } from '#gateway/http/reply.ts';
import type { InvocationRoute } from '#gateway/http/route.ts';
import type { CallStore } from './call-store.ts';
import type { Changes } from './changes.ts';
import { acceptsEvents, EventStream } from './event-stream.ts';
import { decodeMessage, type StoredResponse } from './message.ts';
import { hasEnded, type InvocationRecord, type Records } from './records.ts';
import { statusDocument } from './status-document.ts';

const INVOCATION_ID = /^i[0-9a-f]{32}$/;
/** In case a notice was missed. */
const LOOK_AGAIN_MS = 15_000;

export interface InvocationsOptions {
  readonly redis: Redis;
  readonly store: CallStore;
  readonly records: Records;
  readonly changes: Changes;
  readonly seal: Seal;
}

export interface ShowOptions {
  readonly route: InvocationRoute;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

export class Invocations {
  private readonly options: InvocationsOptions;

  constructor(options: InvocationsOptions) {
    this.options = options;
  }

  /** Answers a request for an invocation. */
  async show(call: ShowOptions): Promise<void> {
    const { route, request } = call;
    const { method } = request;
    const allowed = route.response ? 'GET, HEAD' : 'GET, HEAD, DELETE';
    if (method === 'DELETE' && !route.response) await this.cancel(call);
    else if (method !== 'GET' && method !== 'HEAD') {
      const detail = 'Invocations can be read with GET and HEAD, and cancelled with DELETE.';
      refuse(call, failure('MethodNotAllowed', detail, ['allow', allowed]));
    } else await this.read(call);
  }

  /**
   * Waits for the end of a call; undefined when there is no such call. What is returned may be unfinished: then the time
   * is up, or the caller gone.
   */
  async untilEnded(
    id: string,
    seconds: number,
    response: ServerResponse,
  ): Promise<InvocationRecord | undefined> {
    const { records, changes } = this.options;
    const deadline = performance.now() + seconds * 1_000;
    const follower = await changes.follow(id);
    const close = () => follower.close();
    response.once('close', close);
    try {
      for (;;) {
        const record = await records.get(id);
        const left = deadline - performance.now();
        if (!record || hasEnded(record.state) || left <= 0 || response.destroyed) return record;
        await follower.next(Math.min(left, LOOK_AGAIN_MS));
      }
    } finally {
      response.off('close', close);
      close();
    }
  }

  /** Answers as the function did; false when there is no response. */
  async replay(
    id: string,
    request: IncomingMessage,
    response: ServerResponse,
    more: string[],
  ): Promise<boolean> {
    const stored = await this.stored(id);
    if (stored === undefined) return false;
    const { head, body } = stored;
    const headers: string[] = [];
    for (let i = 0; i < head.headers.length; i += 2) {
      if (head.headers[i] !== 'content-length')
        headers.push(head.headers[i] as string, head.headers[i + 1] as string);
    }
    reply(request, response, head.status, [...headers, ...more, 'content-length', String(body.length)], body);
    return true;
  }

  private async read(call: ShowOptions): Promise<void> {
    const { route, request, response, requestId } = call;
    const { id } = route;
    if (!route.response && acceptsEvents(request)) {
      await this.stream(call);
      return;
    }
    const record = await this.lookUp(id, waitOf(request, route), response);
    if (record === undefined) refuse(call, notFound());
    else if (!route.response) {
      const body = JSON.stringify(await this.document(id, record));
      const unfinished = hasEnded(record.state) ? [] : ['retry-after', '1'];
      reply(request, response, 200, [...jsonHeaders(body, requestId), ...unfinished], body);
    } else if (!mayHaveResponse(record) || !(await this.replay(id, request, response, []))) {
      refuse(call, withoutResponse(record));
    }
  }

  /** Tells of every change until the call has ended. */
  private async stream(call: ShowOptions): Promise<void> {
    const { route, request, response, requestId } = call;
    const { id } = route;
    const { records, changes } = this.options;
    if ((await this.lookUp(id, 0, response)) === undefined) {
      refuse(call, notFound());
      return;
    }
    const follower = await changes.follow(id);
    response.once('close', () => follower.close());
    const events = new EventStream(request, response, requestId);
    let told = '';
    while (!response.destroyed) {
      const record = await records.get(id).catch(() => undefined);
      const key = record && `${record.state} ${record.attempts}`;
      if (record && key !== undefined && key !== told) {
        told = key;
        const ended = hasEnded(record.state);
        events.send(ended ? 'outcome' : 'status', await this.document(id, record));
        if (ended) break;
      } else events.keepAlive();
      await follower.next(LOOK_AGAIN_MS);
    }
    follower.close();
    events.end();
  }

  private async cancel(call: ShowOptions): Promise<void> {
    const { route, request, response, requestId } = call;
    const { redis, store, records } = this.options;
    const { id } = route;
    const outcome = INVOCATION_ID.test(id) ? await store.cancel(redis, id) : 'unknown';
    const record = outcome === 'unknown' ? undefined : await records.get(id);
    if (record === undefined) refuse(call, notFound());
    else if (outcome === 'finished') {
      refuse(call, failure('InvocationFinished', `It is ${record.state}; nothing is left to cancel.`));
    } else {
      const body = JSON.stringify(await this.document(id, record));
      reply(request, response, outcome === 'running' ? 202 : 200, jsonHeaders(body, requestId), body);
    }
  }

  private async lookUp(
    id: string,
    seconds: number,
    response: ServerResponse,
  ): Promise<InvocationRecord | undefined> {
    if (!INVOCATION_ID.test(id)) return undefined;
    return seconds > 0 ? this.untilEnded(id, seconds, response) : this.options.records.get(id);
  }

  private async document(id: string, record: InvocationRecord): Promise<object> {
    return statusDocument(id, record, mayHaveResponse(record) ? await this.stored(id) : undefined);
  }

  private async stored(id: string): Promise<{ head: StoredResponse; body: Buffer } | undefined> {
    const { records, seal } = this.options;
    const sealed = await records.response(id);
    return sealed && decodeMessage<StoredResponse>(seal.open(sealed, `response:${id}`));
  }
}

function mayHaveResponse({ state, reason }: InvocationRecord): boolean {
  return (state === 'succeeded' || state === 'failed') && reason === undefined;
}

/** Seconds that the caller is willing to wait: `?wait=` or `Prefer: wait=`. */
function waitOf(request: IncomingMessage, { query }: InvocationRoute): number {
  const wait = new URLSearchParams(query).get('wait') ?? '';
  if (/^\d{1,9}$/.test(wait)) return Math.min(Number(wait), LONGEST_WAIT_SECONDS);
  return parsePrefer(request.headers.prefer).waitSeconds;
}

function refuse({ request, response, requestId }: ShowOptions, reason: Failure): void {
  replyProblem(request, response, reason, requestId);
}

function notFound(): Failure {
  return failure('InvocationNotFound', 'It does not exist, or its result has expired.');
}

function withoutResponse({ state, reason, detail }: InvocationRecord): Failure {
  if (!hasEnded(state)) return failure('InvocationUnfinished', `The invocation is ${state}.`);
  if (state === 'cancelled') return failure('InvocationNotFound', 'The invocation was cancelled.');
  return failure('InvocationNotFound', `The function never answered: ${reason}. ${detail ?? ''}`);
}
