/**
 * Brings a batch of events to its function through the ordinary invocation path, again and again, until the
 * function took it or it lies among the dead letters.
 */
import type { Logger } from 'pino';
import type { DeadLetterSink } from '#gateway/async/dead-letters.ts';
import type { StoredRequest } from '#gateway/async/message.ts';
import { backoffMs } from '#gateway/async/retry-policy.ts';
import { eventMessage } from '#gateway/cloudevents/http-message.ts';
import { failure } from '#gateway/errors.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import { requestId } from '#gateway/http/request-id.ts';
import { startTrace } from '#gateway/http/trace-context.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import { backoffMs as waitMs } from '#kube/backoff.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import { EventExchange, type EventOutcome } from './event-exchange.ts';
import type { TriggerEvent } from './source.ts';
import { judgeAnswer, judgeNoAnswer } from './verdict.ts';

/** Pauses while the function cannot run, or dead letters cannot be kept. */
const WAIT = { minMs: 500, maxMs: 30_000 };

export type SendResult = 'succeeded' | 'dead_lettered';

/** The trigger stopped before the events were taken: they must not be acknowledged. */
export class TriggerStopped extends Error {
  override readonly name = 'TriggerStopped';
}

export interface SenderOptions {
  /** `namespace/name`. */
  readonly functionKey: string;
  readonly invoker: Pick<Invoker, 'table' | 'call'>;
  readonly deadLetters: DeadLetterSink;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether this gateway owns the trigger at this moment. */
  readonly owned: () => boolean;
  /** A call with so many events failed, and they will be sent again. */
  readonly onRetry: (events: number) => void;
}

export interface SendSignals {
  /** No further call is to begin. */
  readonly closing: AbortSignal;
  /** The call that runs is to be broken off. */
  readonly cancel: AbortSignal;
}

export class Sender {
  private readonly options: SenderOptions;

  constructor(options: SenderOptions) {
    this.options = options;
  }

  /**
   * @param asBatch send one event as a batch too, because the trigger has batches
   * @throws TriggerStopped
   */
  async send(events: readonly TriggerEvent[], asBatch: boolean, signals: SendSignals): Promise<SendResult> {
    const { invoker, functionKey } = this.options;
    const { headers, body } = eventMessage(events, asBatch);
    const request = requestWith(headers);
    let waits = 0;
    for (let attempt = 1; ; ) {
      this.demandToRun(signals);
      const fn = invoker.table.get(functionKey);
      const outcome = fn ? await this.call(fn, request, body, attempt, signals) : noFunction();
      const verdict = judge(outcome, fn, this.options.clock.now());
      if (verdict.kind === 'succeeded') return 'succeeded';
      if (verdict.kind === 'wait') {
        waits += 1;
        await this.pause(waitMs(waits, WAIT), signals);
      } else if (fn && verdict.kind === 'retry' && attempt < fn.limits.async.maxAttempts) {
        this.options.onRetry(events.length);
        const pauseMs = verdict.afterMs ?? backoffMs(attempt, fn.limits.async, Math.random());
        attempt += 1;
        waits = 0;
        await this.pause(pauseMs, signals);
      } else {
        await this.bury(request, body, attempt, outcome, signals);
        return 'dead_lettered';
      }
    }
  }

  private demandToRun({ closing }: SendSignals): void {
    if (closing.aborted || !this.options.owned()) throw new TriggerStopped('the trigger stops');
  }

  private async pause(ms: number, { closing }: SendSignals): Promise<void> {
    await sleep(this.options.clock, ms, closing);
    if (closing.aborted) throw new TriggerStopped('the trigger stops');
  }

  private async call(
    fn: FunctionState,
    request: StoredRequest,
    body: Buffer,
    attempt: number,
    { cancel }: SendSignals,
  ): Promise<EventOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<EventOutcome>();
    const call = this.options.invoker.call(fn, new EventExchange(request, body, attempt, resolve));
    const onCancel = () => {
      reject(new TriggerStopped('the trigger stopped while the function ran'));
      call.cancel();
    };
    cancel.addEventListener('abort', onCancel, { once: true });
    try {
      call.start();
      return await promise;
    } finally {
      cancel.removeEventListener('abort', onCancel);
    }
  }

  private async bury(
    request: StoredRequest,
    body: Buffer,
    attempts: number,
    outcome: EventOutcome,
    signals: SendSignals,
  ): Promise<void> {
    const { functionKey, deadLetters, log } = this.options;
    const entry = { functionKey, request, body, attempts, ...describe(outcome) };
    for (let failures = 1; ; failures++) {
      try {
        await deadLetters.add(entry);
        return;
      } catch (error) {
        if (failures === 1) log.warn({ err: error }, 'events cannot be put among the dead letters yet');
        await this.pause(waitMs(failures, WAIT), signals);
      }
    }
  }
}

function requestWith(headers: string[]): StoredRequest {
  const id = requestId(undefined);
  return {
    method: 'POST',
    path: '/',
    requestId: id,
    headers: [...headers, 'x-request-id', id, 'traceparent', startTrace()],
  };
}

function noFunction(): EventOutcome {
  return { kind: 'unanswered', reason: failure('FunctionNotFound', 'The function does not exist.') };
}

function judge(outcome: EventOutcome, fn: FunctionState | undefined, nowMs: number) {
  return outcome.kind === 'answered'
    ? judgeAnswer(outcome.status, outcome.retryAfter, fn?.limits.async.retryOn, nowMs)
    : judgeNoAnswer(outcome.reason);
}

function describe(outcome: EventOutcome): { reason: string; detail: string } {
  if (outcome.kind === 'unanswered') {
    return { reason: outcome.reason.problem.code, detail: outcome.reason.detail };
  }
  const detail = `The function answered with status ${outcome.status}.`;
  return { reason: outcome.error ?? 'FunctionError', detail };
}
