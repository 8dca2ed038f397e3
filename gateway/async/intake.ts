/** The one way in for asynchronous calls, whoever makes them: callers, outcomes of other calls, dead letters. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Seal } from '#crds/wire/seal.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { Metrics } from '#gateway/metrics/metrics.ts';
import type { Acceptance, CallStore } from './call-store.ts';
import type { Dispatcher } from './dispatcher.ts';
import { encodeMessage, type StoredRequest } from './message.ts';
import type { Slots } from './slots.ts';

export interface IntakeOptions {
  readonly redis: Redis;
  readonly store: CallStore;
  readonly seal: Seal;
  readonly dispatcher: Dispatcher;
  readonly slots: Slots;
  readonly metrics: Metrics;
}

export interface Submission {
  readonly id: string;
  readonly fn: FunctionState;
  readonly request: StoredRequest;
  readonly body: Buffer;
  /** In milliseconds; 0 for at once. */
  readonly delayMs: number;
}

/** A call ready to be stored. Storing it again after an answer was lost changes nothing. */
export interface Parcel extends Submission {
  readonly sealed: Buffer;
  readonly fingerprint: string;
}

/** What the sealed request of a call is bound to. */
export function requestContext(id: string, functionKey: string): string {
  return `request:${id}:${functionKey}`;
}

export class Intake {
  private readonly options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.options = options;
  }

  pack(submission: Submission): Parcel {
    const { id, fn, request, body } = submission;
    const sealed = this.options.seal.close(encodeMessage(request, body), requestContext(id, fn.key));
    const fingerprint = createHash('sha256')
      .update(`${request.method} ${request.path}\n`)
      .update(body)
      .digest('hex');
    return { ...submission, sealed, fingerprint };
  }

  /** Commits a call to Redis; begins to deliver it when this gateway has room and nothing waits before it. */
  async submit(parcel: Parcel): Promise<Acceptance> {
    const { redis, store, dispatcher, slots, metrics } = this.options;
    const { id, fn, delayMs, sealed, fingerprint } = parcel;
    const acceptedAtMs = Date.now();
    const { maxBacklog } = fn.limits.async;
    const call = { id, functionKey: fn.key, fingerprint, sealed, acceptedAtMs, maxBacklog, delayMs };
    const reserved = delayMs === 0 && dispatcher.reserve(fn.key);
    let outcome: Acceptance | undefined;
    try {
      outcome = await store.accept(redis, call, reserved);
    } finally {
      if (reserved && outcome !== 'taken') slots.give(fn.key);
    }
    if (outcome === 'queued' || outcome === 'taken') metrics.asyncAccepted.inc();
    if (outcome === 'taken') {
      const { request: head, body } = parcel;
      const times = { acceptedAtMs, dueAtMs: acceptedAtMs };
      dispatcher.run({ id, functionKey: fn.key, attempt: 1, ...times, sealed, opened: { head, body } });
    } else if (outcome === 'queued') dispatcher.wakeIn(delayMs);
    return outcome;
  }
}
