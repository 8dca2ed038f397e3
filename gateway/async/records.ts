/**
 * What is known of each asynchronous call, as a hash in Redis that outlives the queue's job:
 * `catnap:invocation:ID` → function, state, attempts, acceptedAt, finishedAt, request (fingerprint),
 * reason, detail, response (sealed).
 */
import type { Redis } from 'ioredis';

/** A call that is not finished by then is given up. */
export const UNFINISHED_TTL_SECONDS = 7 * 24 * 3_600;
/** How long a result can be fetched. */
export const RESULT_TTL_SECONDS = 24 * 3_600;

export type InvocationState = 'queued' | 'running' | 'succeeded' | 'failed';

export interface InvocationRecord {
  readonly function: string;
  readonly state: InvocationState;
  readonly attempts: number;
  readonly acceptedAt: string;
  readonly finishedAt: string | undefined;
  /** Fingerprint of the request, to tell a repeated one from another one. */
  readonly request: string;
  /** Why it failed, when no response says so: a problem code and its detail. */
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly response: Buffer | undefined;
}

export interface Finish {
  readonly state: 'succeeded' | 'failed';
  readonly attempts: number;
  readonly reason?: string;
  readonly detail?: string;
  readonly response?: Buffer;
}

const keyOf = (id: string): string => `catnap:invocation:${id}`;

export class Records {
  private readonly redis: Redis;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** Makes the record unless there is one; says which it is. */
  async create(id: string, functionKey: string, request: string): Promise<'created' | 'exists'> {
    const key = keyOf(id);
    const replies = await this.redis
      .multi()
      .hsetnx(key, 'request', request)
      .hsetnx(key, 'function', functionKey)
      .hsetnx(key, 'state', 'queued')
      .hsetnx(key, 'acceptedAt', new Date().toISOString())
      .expire(key, UNFINISHED_TTL_SECONDS, 'NX')
      .exec();
    const failed = replies?.find(([error]) => error)?.[0];
    if (failed) throw failed;
    return replies?.[0]?.[1] === 1 ? 'created' : 'exists';
  }

  async get(id: string): Promise<InvocationRecord | undefined> {
    const fields = await this.redis.hgetallBuffer(keyOf(id));
    const text = (name: string): string | undefined => fields[name]?.toString();
    if (fields.state === undefined || fields.function === undefined) return undefined;
    return {
      function: text('function') as string,
      state: text('state') as InvocationState,
      attempts: Number(text('attempts') ?? 0),
      acceptedAt: text('acceptedAt') ?? '',
      finishedAt: text('finishedAt'),
      request: text('request') ?? '',
      reason: text('reason'),
      detail: text('detail'),
      response: fields.response,
    };
  }

  async state(id: string): Promise<InvocationState | undefined> {
    return ((await this.redis.hget(keyOf(id), 'state')) as InvocationState | null) ?? undefined;
  }

  async running(id: string, attempt: number): Promise<void> {
    await this.redis.hset(keyOf(id), { state: 'running', attempts: attempt });
  }

  async waiting(id: string): Promise<void> {
    await this.redis.hset(keyOf(id), { state: 'queued' });
  }

  async finish(id: string, { response, ...finish }: Finish): Promise<void> {
    const fields = Object.entries(finish).filter(([, value]) => value !== undefined);
    const key = keyOf(id);
    const replies = await this.redis
      .multi()
      .hset(key, {
        ...Object.fromEntries(fields),
        finishedAt: new Date().toISOString(),
        ...(response && { response }),
      })
      .expire(key, RESULT_TTL_SECONDS)
      .exec();
    const failed = replies?.find(([error]) => error)?.[0];
    if (failed) throw failed;
  }
}
