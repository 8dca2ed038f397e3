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

const FIELDS = [
  ...(['function', 'state', 'attempts', 'acceptedAt', 'startedAt', 'nextAttemptAt', 'finishedAt'] as const),
  ...(['status', 'reason', 'detail', 'cancel'] as const),
];
type Field = (typeof FIELDS)[number];

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
    const values = await this.redis.hmget(keys.record(id), ...FIELDS);
    return recordOf(Object.fromEntries(FIELDS.map((name, i) => [name, values[i] ?? undefined])));
  }

  /** The sealed response; undefined when there is none. */
  async response(id: string): Promise<Buffer | undefined> {
    const response = await this.redis.getBuffer(keys.response(id));
    // Versions up to 0.1 kept it in the record.
    return response ?? (await this.redis.hgetBuffer(keys.record(id), 'response')) ?? undefined;
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

function recordOf(fields: Partial<Record<Field, string>>): InvocationRecord | undefined {
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  if (fields.state === undefined || fields.function === undefined) return undefined;
  return {
    function: fields.function,
    state: fields.state as InvocationState,
    attempts: Number(fields.attempts ?? 0),
    acceptedAtMs: time(fields.acceptedAt) ?? 0,
    startedAtMs: number(fields.startedAt),
    nextAttemptAtMs: number(fields.nextAttemptAt),
    finishedAtMs: time(fields.finishedAt),
    status: number(fields.status),
    reason: fields.reason,
    detail: fields.detail,
    cancelling: fields.cancel !== undefined,
  };
}

/** In milliseconds; versions up to 0.1 wrote times as text. */
function time(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}
