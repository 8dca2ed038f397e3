/** Delivers asynchronous calls through the ordinary invocation path and writes down how they ended. */
import { DelayedError, UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import type { Seal } from '#crds/wire/seal.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import { DELIVERY_SLOTS, type DeliveryJob, RetryLater } from './delivery-queue.ts';
import { decodeMessage, encodeMessage, type StoredRequest } from './message.ts';
import { type Records, UNFINISHED_TTL_SECONDS } from './records.ts';
import { backoffMs, judgeFailure, judgeResponse, type Verdict } from './retry-policy.ts';
import { type DeliveryResult, StoredExchange } from './stored-exchange.ts';

/** Largest request and response body of an asynchronous call. */
export const MAX_ASYNC_BODY_BYTES = 1024 * 1024;
const POSTPONE_MS = 500;
const UNREADABLE_POSTPONE_MS = 5_000;

export interface DelivererOptions {
  readonly invoker: Invoker;
  readonly records: Records;
  readonly seal: Seal;
  readonly synced: () => boolean;
  readonly log: Logger;
}

export class Deliverer {
  private readonly options: DelivererOptions;
  /** Deliveries under way, by function. */
  private readonly running = new Map<string, number>();
  private saidUnreadable = false;

  constructor(options: DelivererOptions) {
    this.options = options;
  }

  /** One delivery. Ends normally when the call is finished; throws what makes the queue repeat it. */
  async deliver(job: DeliveryJob, token: string): Promise<void> {
    const { invoker, records, synced } = this.options;
    const id = job.id as string;
    const key = job.data.function;
    if (!synced()) return postpone(job, token);
    const fn = invoker.table.get(key);
    if (fn === undefined) {
      await this.giveUp(
        job,
        failure('FunctionNotFound', `Function ${key} was deleted before the call was delivered.`),
      );
      return;
    }
    const running = this.running.get(key) ?? 0;
    if (running >= shareOf(fn)) return postpone(job, token);
    const state = await records.state(id);
    // Delivered before, by a gateway that died before it could say so to the queue.
    if (state === 'succeeded' || state === 'failed') return;
    this.running.set(key, running + 1);
    try {
      await this.attempt(job, token, fn);
    } finally {
      const left = (this.running.get(key) ?? 1) - 1;
      if (left > 0) this.running.set(key, left);
      else this.running.delete(key);
    }
  }

  private async attempt(job: DeliveryJob, token: string, fn: FunctionState): Promise<void> {
    const { records } = this.options;
    const id = job.id as string;
    const attempt = attemptOf(job);
    const request = this.unseal(job);
    if (request instanceof Error) {
      // Not lost: another gateway may have its key, or this one again when it was changed by mistake.
      if (Date.now() - job.timestamp < UNFINISHED_TTL_SECONDS * 1_000) {
        this.sayUnreadable(id);
        return postpone(job, token, UNREADABLE_POSTPONE_MS);
      }
      await this.giveUp(
        job,
        failure('BadRequest', 'The stored request cannot be read: the encryption key has changed.'),
      );
      return;
    }
    await records.running(id, attempt);
    const result = await this.send(fn, id, attempt, request);
    const verdict =
      result.kind === 'answered'
        ? judgeResponse(result.response.status, result.retryAfter, Date.now())
        : judgeFailure(result.reason);
    if (verdict.kind === 'postpone') {
      await records.waiting(id);
      return postpone(job, token);
    }
    if (verdict.kind === 'retry' && job.attemptsMade + 1 < (job.opts.attempts ?? 1)) {
      await records.waiting(id);
      this.options.invoker.metrics.asyncRetries.inc();
      throw new RetryLater(
        describe(result),
        verdict.afterMs ?? backoffMs(attempt, fn.limits.asyncBackoffMs, Math.random()),
      );
    }
    await this.finish(job, attempt, result, verdict);
  }

  /** Once: with another key all calls in the queue are so. */
  private sayUnreadable(id: string): void {
    if (this.saidUnreadable) return;
    this.saidUnreadable = true;
    const { log } = this.options;
    log.error(
      { id },
      'a queued call cannot be opened with CATNAP_ENCRYPTION_KEY; such calls stay queued for 7 days',
    );
  }

  private send(
    fn: FunctionState,
    id: string,
    attempt: number,
    { head, body }: { head: StoredRequest; body: Buffer },
  ): Promise<DeliveryResult> {
    const { invoker } = this.options;
    return new Promise((onDone) => {
      const maxBodyBytes = MAX_ASYNC_BODY_BYTES;
      invoker
        .call(fn, new StoredExchange({ id, attempt, request: head, body, maxBodyBytes, onDone }))
        .start();
    });
  }

  private async finish(
    job: DeliveryJob,
    attempts: number,
    result: DeliveryResult,
    verdict: Verdict,
  ): Promise<void> {
    const { records, seal, invoker } = this.options;
    const id = job.id as string;
    const state = verdict.kind === 'succeeded' ? 'succeeded' : 'failed';
    if (result.kind === 'answered') {
      const response = seal.close(encodeMessage(result.response, result.body), `response:${id}`);
      await records.finish(id, { state, attempts, response });
    } else {
      const { problem, detail } = result.reason;
      await records.finish(id, { state, attempts, reason: problem.code, detail });
    }
    invoker.metrics.asyncFinished.inc({ result: state });
    if (state === 'failed') throw new UnrecoverableError(describe(result));
  }

  private async giveUp(job: DeliveryJob, reason: Failure): Promise<void> {
    const result = { kind: 'unanswered', reason } as const;
    await this.finish(job, job.attemptsMade, result, { kind: 'failed' });
  }

  private unseal(job: DeliveryJob): { head: StoredRequest; body: Buffer } | Error {
    try {
      const sealed = Buffer.from(job.data.request, 'base64');
      return decodeMessage<StoredRequest>(
        this.options.seal.open(sealed, `request:${job.id}:${job.data.function}`),
      );
    } catch (error) {
      return error as Error;
    }
  }
}

/** Each function gets as many deliveries as it could run, and never so many that others have to wait. */
function shareOf({ limits }: FunctionState): number {
  return Math.min(limits.concurrency * limits.maxReplicas, DELIVERY_SLOTS / 2);
}

/** 1 for the first delivery; those that a dying gateway took with it count too. */
function attemptOf(job: DeliveryJob): number {
  return job.attemptsMade + (job.stalledCounter ?? 0) + 1;
}

/** Later, without counting as a delivery. */
async function postpone(job: DeliveryJob, token: string, pauseMs = POSTPONE_MS): Promise<never> {
  await job.moveToDelayed(Date.now() + pauseMs * (0.5 + Math.random()), token);
  throw new DelayedError();
}

function describe(result: DeliveryResult): string {
  return result.kind === 'answered' ? `status ${result.response.status}` : result.reason.problem.code;
}
