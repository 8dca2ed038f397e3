/** Delivers asynchronous calls through the ordinary invocation path and decides what follows. */
import type { Logger } from 'pino';
import type { Seal } from '#crds/wire/seal.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import type { TakenCall } from './call-store.ts';
import type { Endings, Opened } from './endings.ts';
import { requestContext } from './intake.ts';
import { decodeMessage, encodeMessage, type StoredRequest } from './message.ts';
import {
  backoffMs,
  isPostponed,
  isThrottled,
  judgeFailure,
  judgeResponse,
  parseRetryAfter,
  type Verdict,
} from './retry-policy.ts';
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
  readonly invoker: Invoker;
  readonly slots: Slots;
  readonly seal: Seal;
  readonly endings: Endings;
  readonly log: Logger;
}

export class Deliverer {
  private readonly options: DelivererOptions;
  /** How to abort the deliveries that run, by id. */
  private readonly running = new Map<string, () => void>();
  private saidUnreadable = false;

  constructor(options: DelivererOptions) {
    this.options = options;
  }

  /** One delivery; never rejects. */
  async deliver(call: TakenCall): Promise<void> {
    try {
      await this.attempt(call);
    } catch (error) {
      this.options.log.warn({ err: error, id: call.id }, 'a delivery was not written down');
    }
  }

  /** Aborts a delivery, if it runs here. */
  cancel(id: string): void {
    this.running.get(id)?.();
  }

  private async attempt(call: TakenCall): Promise<void> {
    const { invoker, endings } = this.options;
    const { functionKey, attempt } = call;
    const now = Date.now();
    const fn = invoker.table.get(functionKey);
    if (fn === undefined && now - call.acceptedAtMs < UNKNOWN_GRACE_MS) return this.postpone(call);
    const opened = this.open(call);
    if (opened === undefined) return this.keepUnreadable(call, now);
    if (fn === undefined) {
      const detail = `Function ${functionKey} was deleted before the call was delivered.`;
      return this.giveUp(call, fn, opened, failure('FunctionNotFound', detail));
    }
    if (now > expiryOf(call, fn)) {
      const detail = 'It was not delivered within the time that spec.async.maxAgeSeconds allows.';
      return this.giveUp(call, fn, opened, failure('DeliveryExpired', detail));
    }
    const result = await this.send(fn, call, opened);
    if (result === undefined) return endings.finish(call, { state: 'cancelled', attempts: attempt });
    const verdict = judge(fn, result);
    if (verdict.kind === 'postpone') return this.postpone(call);
    if (verdict.kind === 'retry' && attempt < fn.limits.async.maxAttempts) {
      const pause = verdict.afterMs ?? backoffMs(attempt, fn.limits.async, Math.random());
      if (Date.now() + pause <= expiryOf(call, fn)) {
        invoker.metrics.asyncRetries.inc();
        return endings.putBack(call, pause, true);
      }
    }
    await this.conclude(call, fn, opened, result, verdict);
  }

  /** Undefined when it was cancelled meanwhile. */
  private send(
    fn: FunctionState,
    { id, attempt }: TakenCall,
    { head, body }: Opened,
  ): Promise<DeliveryResult | undefined> {
    const { invoker, slots } = this.options;
    const startedAt = performance.now();
    return new Promise<DeliveryResult | undefined>((resolve) => {
      const onDone = (result: DeliveryResult) => {
        const answer = throttling(result);
        if (answer) slots.answered(fn, { ...answer, startedAt });
        resolve(result);
      };
      const maxBodyBytes = MAX_ASYNC_BODY_BYTES;
      const exchange = new StoredExchange({ id, attempt, request: head, body, maxBodyBytes, onDone });
      const delivery = invoker.call(fn, exchange);
      this.running.set(id, () => {
        delivery.cancel();
        resolve(undefined);
      });
      delivery.start();
    }).finally(() => this.running.delete(id));
  }

  /** Later, without counting as a delivery. */
  private postpone(call: TakenCall, pauseMs = POSTPONE_MS): Promise<void> {
    return this.options.endings.putBack(call, pauseMs * (0.5 + Math.random()), false);
  }

  private conclude(
    call: TakenCall,
    fn: FunctionState,
    opened: Opened,
    result: DeliveryResult,
    verdict: Verdict,
  ): Promise<void> {
    const { seal, endings } = this.options;
    const { onSuccess, onFailure } = fn.limits.async;
    const common = {
      state: verdict.kind === 'succeeded' ? ('succeeded' as const) : ('failed' as const),
      attempts: call.attempt,
      destinations: { onSuccess, onFailure },
    };
    if (result.kind === 'unanswered') {
      const { problem, detail } = result.reason;
      return endings.end(call, opened, {
        ...common,
        reason: problem.code,
        detail,
        why: [problem.code, detail],
      });
    }
    const { status } = result.response;
    const response = seal.close(encodeMessage(result.response, result.body), `response:${call.id}`);
    const why = ['FunctionError', `The function answered with status ${status}.`] as const;
    return endings.end(call, opened, { ...common, status, response, why });
  }

  /** Without another delivery: this attempt never was one. */
  private giveUp(
    call: TakenCall,
    fn: FunctionState | undefined,
    opened: Opened,
    { problem, detail }: Failure,
  ): Promise<void> {
    const { onSuccess, onFailure } = fn?.limits.async ?? {};
    return this.options.endings.end(call, opened, {
      ...{ state: 'failed', attempts: call.attempt - 1, destinations: { onSuccess, onFailure } },
      ...{ reason: problem.code, detail, why: [problem.code, detail] },
    });
  }

  private keepUnreadable(call: TakenCall, now: number): Promise<void> {
    const { endings } = this.options;
    // Not lost: another gateway may have its key, or this one again when it was changed by mistake.
    if (now - call.acceptedAtMs < UNREADABLE_LIFE_MS) {
      this.sayUnreadable(call.id);
      return this.postpone(call, UNREADABLE_POSTPONE_MS);
    }
    const detail = 'The stored request cannot be read: the encryption key has changed.';
    const attempts = call.attempt - 1;
    return endings.finish(call, { state: 'failed', attempts, reason: 'BadRequest', detail });
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

function judge(fn: FunctionState, result: DeliveryResult): Verdict {
  if (result.kind === 'unanswered') return judgeFailure(result.reason);
  return judgeResponse(result.response.status, result.retryAfter, fn.limits.async.retryOn, Date.now());
}

/** What a result says about how much the function can take; undefined when it says nothing. */
function throttling(
  result: DeliveryResult,
): { throttled: boolean; retryAfterMs?: number | undefined } | undefined {
  // There was no room for it: others wait for the function already.
  if (result.kind === 'unanswered') return isPostponed(result.reason) ? { throttled: true } : undefined;
  const throttled = isThrottled(result.response.status);
  return { throttled, retryAfterMs: throttled ? parseRetryAfter(result.retryAfter, Date.now()) : undefined };
}
