/**
 * What is known of each asynchronous call, as a hash in Redis: function, state, attempts, request (fingerprint); times in
 * milliseconds: acceptedAt, dueAt (when it was put off), startedAt (of the last attempt), nextAttemptAt, finishedAt; status
 * of the response; reason and detail; cancel, when somebody asked for it while it ran. Scripts write it, this reads it.
 */
import type { Redis } from 'ioredis';
import { keys } from './keys.ts';

/** How long a result can be fetched. */
export const RESULT_TTL_SECONDS = 24 * 3_600;
/** Longer than any call can be unfinished and its result be kept. */
export const INDEX_TTL_SECONDS = 16 * 24 * 3_600;
/** Calls of a function that can be listed: the newest. */
export const INDEX_ENTRIES = 1_000;

export type InvocationState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface InvocationRecord {
  readonly function: string;
  readonly state: InvocationState;
  readonly attempts: number;
  readonly acceptedAtMs: number;
  /** Of the last attempt. */
  readonly startedAtMs: number | undefined;
  readonly nextAttemptAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  /** Of the response. */
  readonly status: number | undefined;
  /** Why it failed, when no response says so: a problem code and its detail. */
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  /** It was asked to be cancelled. */
  readonly cancelling: boolean;
}

/** Whether nothing will change any more. */
export function hasEnded(state: InvocationState): boolean {
  return state !== 'queued' && state !== 'running';
}

export class Records {
  private readonly redis: Redis;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  async get(id: string): Promise<InvocationRecord | undefined> {
    return recordOf(await this.redis.hgetall(keys.record(id)));
  }

  /** The sealed response; undefined when there is none. */
  async response(id: string): Promise<Buffer | undefined> {
    return (await this.redis.getBuffer(keys.response(id))) ?? undefined;
  }

  /**
   * The calls of a function, newest first.
   *
   * @param before the id after which to go on; undefined for the first page
   */
  async list(
    functionKey: string,
    limit: number,
    before: string | undefined,
  ): Promise<{ id: string; record: InvocationRecord }[]> {
    const index = keys.index(functionKey);
    const rank = before === undefined ? -1 : await this.redis.zrevrank(index, before);
    if (rank === null) return [];
    const found: { id: string; record: InvocationRecord }[] = [];
    for (let start = rank + 1; found.length < limit; start += limit) {
      const ids = await this.redis.zrevrange(index, start, start + limit - 1);
      const records = await Promise.all(ids.map((id) => this.get(id)));
      // Those whose result has expired are gone.
      records.forEach((record, i) => void (record && found.push({ id: ids[i] as string, record })));
      if (ids.length < limit) break;
    }
    return found.slice(0, limit);
  }
}

function recordOf(fields: Record<string, string>): InvocationRecord | undefined {
  const time = (name: string) => (fields[name] === undefined ? undefined : Number(fields[name]));
  if (fields.state === undefined || fields.function === undefined) return undefined;
  return {
    function: fields.function,
    state: fields.state as InvocationState,
    attempts: Number(fields.attempts ?? 0),
    acceptedAtMs: Number(fields.acceptedAt ?? 0),
    startedAtMs: time('startedAt'),
    nextAttemptAtMs: time('nextAttemptAt'),
    finishedAtMs: time('finishedAt'),
    status: time('status'),
    reason: fields.reason,
    detail: fields.detail,
    cancelling: fields.cancel !== undefined,
  };
}
