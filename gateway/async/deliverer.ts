/** Delivers asynchronous calls through the ordinary invocation path and writes down how they ended. */
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Seal } from '#crds/wire/seal.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import type { CallStore, Finish, TakenCall } from './call-store.ts';
import type { DeadLetters } from './dead-letters.ts';
import { requestContext } from './intake.ts';
import { decodeMessage, encodeMessage, type StoredRequest } from './message.ts';
import type { OutcomeQueue } from './outcomes/outcome-queue.ts';
import { backoffMs, isThrottled, judgeFailure, judgeResponse, type Verdict } from './retry-policy.ts';
import type { Slots } from './slots.ts';
import { type DeliveryResult, StoredExchange } from './stored-exchange.ts';

/** Largest request and response body of an asynchronous call. */
export const MAX_ASYNC_BODY_BYTES = 1024 * 1024;
const POSTPONE_MS = 500;
const UNREADABLE_POSTPONE_MS = 5_000;
/** A call that cannot be opened is given up then: with the right key it would have been delivered long before. */
const UNREADABLE_LIFE_MS = 7 * 24 * 3_600_000;
/** The gateway that accepted the call may know of a function earlier than this one. */
const UNKNOWN_GRACE_MS = 3_000;

export interface DelivererOptions {
  readonly redis: Redis;
  readonly store: CallStore;
  readonly invoker: Invoker;
  readonly slots: Slots;
  readonly seal: Seal;
  readonly deadLetters: DeadLetters;
  readonly outcomes: OutcomeQueue;
  /** A call was put off by so many milliseconds. */
  readonly onPutOff: (ms: number) => void;
  readonly log: Logger;
}

interface Opened {
  readonly head: StoredRequest;
  readonly body: Buffer;
}

export class Deliverer {
  private readonly options: DelivererOptions;
  /** How to abort the deliveries that run, by id. */
  private readonly running = new Map<string, () => void>();
  private saidUnreadable = false;
  private failing = false;

  constructor(options: DelivererOptions) {
    this.options = options;
  }

  /** One delivery. What Redis refuses to write down stays in hand by the books, and is found there and repeated. */
  async deliver(call: TakenCall): Promise<void> {
    try {
      await this.attempt(call);
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.options.log.warn({ err: error, id: call.id }, 'a delivery cannot be written down');
      this.failing = true;
    }
  }

  /** Aborts a delivery, if it runs here. */
  cancel(id: string): void {
    this.running.get(id)?.();
  }

  private async attempt(call: TakenCall): Promise<void> {
    const { invoker } = this.options;
    const { functionKey, attempt } = call;
    const now = Date.now();
    const fn = invoker.table.get(functionKey);
    if (fn === undefined && now - call.acceptedAtMs < UNKNOWN_GRACE_MS) return this.postpone(call);
    const opened = this.open(call);
    if (opened === undefined) return this.keepUnreadable(call, now);
    if (fn === undefined) {
      const reason = `Function ${functionKey} was deleted before the call was delivered.`;
      return this.giveUp(call, opened, failure('FunctionNotFound', reason));
    }
    if (now > expiryOf(call, fn)) {
      const reason = `It was not delivered within the time that spec.async.maxAgeSeconds allows.`;
      return this.giveUp(call, opened, failure('DeliveryExpired', reason));
    }
    const result = await this.send(fn, call, opened);
    if (result === undefined) {
      await this.finish(call, attempt, { state: 'cancelled' });
      return;
    }
    const verdict = this.judge(fn, result);
    if (verdict.kind === 'postpone') return this.postpone(call);
    if (verdict.kind === 'retry' && attempt < fn.limits.async.maxAttempts) {
      const pause = verdict.afterMs ?? backoffMs(attempt, fn.limits.async, Math.random());
      if (Date.now() + pause <= expiryOf(call, fn)) return this.retry(call, pause);
    }
    await this.conclude(call, fn, opened, result, verdict);
  }

  /** Undefined when it was cancelled meanwhile. */
  private send(
    fn: FunctionState,
    call: TakenCall,
    { head, body }: Opened,
  ): Promise<DeliveryResult | undefined> {
    const { invoker, slots } = this.options;
    const { id, attempt } = call;
    const startedAt = performance.now();
    return new Promise<DeliveryResult | undefined>((resolve) => {
      const onDone = (result: DeliveryResult) => {
        const answer = throttling(result);
        if (answer) slots.answered(fn, { ...answer, startedAt });
        resolve(result);
      };
      const maxBodyBytes = MAX_ASYNC_BODY_BYTES;
      const delivery = invoker.call(
        fn,
        new StoredExchange({ id, attempt, request: head, body, maxBodyBytes, onDone }),
      );
      this.running.set(id, () => {
        delivery.cancel();
        resolve(undefined);
      });
      delivery.start();
    }).finally(() => this.running.delete(id));
  }

  private judge(fn: FunctionState, result: DeliveryResult): Verdict {
    if (result.kind === 'unanswered') return judgeFailure(result.reason);
    return judgeResponse(result.response.status, result.retryAfter, fn.limits.async.retryOn, Date.now());
  }

  private async retry(call: TakenCall, pauseMs: number): Promise<void> {
    this.options.invoker.metrics.asyncRetries.inc();
    await this.putBack(call, pauseMs, true);
  }

  /** Later, without counting as a delivery. */
  private postpone(call: TakenCall, pauseMs = POSTPONE_MS): Promise<void> {
    return this.putBack(call, pauseMs * (0.5 + Math.random()), false);
  }

  private async putBack(call: TakenCall, pauseMs: number, began: boolean): Promise<void> {
    const { redis, store, onPutOff } = this.options;
    const outcome = await store.putBack(redis, call.id, pauseMs, began);
    if (outcome === 'queued') onPutOff(pauseMs);
    else if (outcome === 'cancel') await this.finish(call, call.attempt, { state: 'cancelled' });
  }

  private async conclude(
    call: TakenCall,
    fn: FunctionState,
    opened: Opened,
    result: DeliveryResult,
    verdict: Verdict,
  ): Promise<void> {
    const { seal, outcomes } = this.options;
    const { id, attempt } = call;
    const state = verdict.kind === 'succeeded' ? 'succeeded' : 'failed';
    const { onSuccess, onFailure } = fn.limits.async;
    // Before the end is written down: whoever dies in between leaves it to be done again.
    await outcomes.add(id, { onSuccess, onFailure }, opened.head.callback, opened.head.hops ?? 0);
    if (state === 'failed') await this.bury(call, attempt, opened, ...describe(result));
    const finish: Omit<Finish, 'attempts'> =
      result.kind === 'answered'
        ? {
            state,
            status: result.response.status,
            response: seal.close(encodeMessage(result.response, result.body), `response:${id}`),
          }
        : { state, reason: result.reason.problem.code, detail: result.reason.detail };
    await this.finish(call, attempt, finish);
  }

  private async giveUp(call: TakenCall, opened: Opened, reason: Failure): Promise<void> {
    const { outcomes, invoker } = this.options;
    const { id, functionKey } = call;
    const { onSuccess, onFailure } = invoker.table.get(functionKey)?.limits.async ?? {};
    await outcomes.add(id, { onSuccess, onFailure }, opened.head.callback, opened.head.hops ?? 0);
    // This attempt never was one.
    const attempts = call.attempt - 1;
    const { problem, detail } = reason;
    await this.bury(call, attempts, opened, problem.code, detail);
    await this.finish(call, attempts, { state: 'failed', reason: problem.code, detail });
  }

  private async bury(
    { id, functionKey }: TakenCall,
    attempts: number,
    { head, body }: Opened,
    reason: string,
    detail: string,
  ): Promise<void> {
    await this.options.deadLetters.add({ id, functionKey, request: head, body, attempts, reason, detail });
  }

  private async finish(call: TakenCall, attempts: number, end: Omit<Finish, 'attempts'>): Promise<void> {
    const { redis, store, invoker, deadLetters } = this.options;
    const state = await store.finish(redis, call.id, call.functionKey, { ...end, attempts });
    if (state !== undefined) invoker.metrics.asyncFinished.inc({ result: state });
    // Somebody cancelled it just now, or it ended well elsewhere.
    if (end.state === 'failed' && state === 'cancelled') await deadLetters.remove(call.id);
  }

  private async keepUnreadable(call: TakenCall, now: number): Promise<void> {
    const { id, acceptedAtMs, attempt } = call;
    // Not lost: another gateway may have its key, or this one again when it was changed by mistake.
    if (now - acceptedAtMs < UNREADABLE_LIFE_MS) {
      this.sayUnreadable(id);
      return this.postpone(call, UNREADABLE_POSTPONE_MS);
    }
    const detail = 'The stored request cannot be read: the encryption key has changed.';
    await this.finish(call, attempt - 1, { state: 'failed', reason: 'BadRequest', detail });
  }

  /** Once: with another key all calls in the queue are so. */
  private sayUnreadable(id: string): void {
    if (this.saidUnreadable) return;
    this.saidUnreadable = true;
    this.options.log.error(
      { id },
      'a queued call cannot be opened with CATNAP_ENCRYPTION_KEY; such calls stay queued for 7 days',
    );
  }

  private open({ id, functionKey, sealed, opened }: TakenCall): Opened | undefined {
    if (opened !== undefined) return opened;
    try {
      return decodeMessage<StoredRequest>(this.options.seal.open(sealed, requestContext(id, functionKey)));
    } catch {
      return undefined;
    }
  }
}

/** When a call is too old to be delivered. */
function expiryOf({ dueAtMs }: TakenCall, { limits }: FunctionState): number {
  return dueAtMs + limits.async.maxAgeMs;
}

/** What an answer says about how much the function can take; undefined when it says nothing. */
function throttling(
  result: DeliveryResult,
): { throttled: boolean; retryAfterMs?: number | undefined } | undefined {
  if (result.kind === 'unanswered') return undefined;
  const { status } = result.response;
  if (!isThrottled(status)) return { throttled: false };
  const verdict = judgeResponse(status, result.retryAfter, undefined, Date.now());
  return { throttled: true, retryAfterMs: verdict.kind === 'retry' ? verdict.afterMs : undefined };
}

function describe(result: DeliveryResult): [reason: string, detail: string] {
  if (result.kind === 'unanswered') return [result.reason.problem.code, result.reason.detail];
  return ['FunctionError', `The function answered with status ${result.response.status}.`];
}
