/**
 * What failed for good: the request, sealed, with why, for people to look at and to send again. A hash each:
 * `catnap:dead-letter:ID` → function, at (ms), attempts, reason, detail, request (sealed).
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Seal } from '#crds/wire/seal.ts';
import type { Metrics } from '#gateway/metrics/metrics.ts';
import { keys } from './keys.ts';
import { decodeMessage, encodeMessage, type StoredRequest } from './message.ts';
import { bury } from './scripts/bury.ts';
import { exhume } from './scripts/exhume.ts';

export const DEAD_LETTER_TTL_SECONDS = 14 * 24 * 3_600;
/** Of each function; the oldest make room. */
const MAX_DEAD_LETTERS = 10_000;
/** Functions that are told of: those with the most. */
const MAX_FUNCTIONS = 1_000;

export interface NewDeadLetter {
  /** The same for the same failure, so that it is kept once; a new one when absent. */
  readonly id?: string;
  /** `namespace/name`. */
  readonly functionKey: string;
  readonly request: StoredRequest;
  readonly body: Buffer;
  readonly attempts: number;
  /** A word of the vocabulary, and a sentence. */
  readonly reason: string;
  readonly detail: string;
}

/** Where what failed for good is put away: rejects when it could not be, and then it is not given up. */
export type DeadLetterSink = Pick<DeadLetters, 'add'>;

export interface DeadLetter {
  readonly id: string;
  readonly functionKey: string;
  readonly atMs: number;
  readonly attempts: number;
  readonly reason: string;
  readonly detail: string;
}

export interface DeadLettersOptions {
  /** A connection that waits for Redis: what failed must not be lost when Redis is away just then. */
  readonly redis: Redis;
  readonly seal: Seal;
  readonly metrics: Pick<Metrics, 'deadLetters'>;
}

export class DeadLetters {
  private readonly options: DeadLettersOptions;

  constructor(options: DeadLettersOptions) {
    this.options = options;
  }

  /** Keeps what failed; returns its id. */
  async add(entry: NewDeadLetter): Promise<string> {
    const { redis, seal, metrics } = this.options;
    const { id = `d${randomBytes(16).toString('hex')}`, functionKey, request, body } = entry;
    const now = Date.now();
    const sealed = seal.close(encodeMessage(request, body), context(id, functionKey));
    await bury.run(
      redis,
      [keys.deadLetter(id), keys.dead(functionKey), keys.deadFunctions],
      [
        ...[id, functionKey, now, DEAD_LETTER_TTL_SECONDS, MAX_DEAD_LETTERS, keys.deadLetterPrefix],
        ...['function', functionKey, 'at', now, 'attempts', entry.attempts],
        ...['reason', entry.reason, 'detail', entry.detail, 'request', sealed],
      ],
    );
    metrics.deadLetters.inc({ reason: entry.reason });
    return id;
  }

  /** How many there are, by function; the functions with the most first. */
  async counts(): Promise<{ functionKey: string; count: number }[]> {
    const { redis } = this.options;
    const functions = await redis.zrevrange(keys.deadFunctions, 0, MAX_FUNCTIONS - 1);
    const counts = await Promise.all(functions.map((functionKey) => this.count(functionKey)));
    return functions
      .map((functionKey, i) => ({ functionKey, count: counts[i] as number }))
      .filter(({ count }) => count > 0);
  }

  /**
   * Those of a function, newest first.
   *
   * @param before the id after which to go on; undefined for the first page
   */
  async list(functionKey: string, limit: number, before: string | undefined): Promise<DeadLetter[]> {
    const { redis } = this.options;
    await this.count(functionKey);
    const rank = before === undefined ? -1 : await redis.zrevrank(keys.dead(functionKey), before);
    if (rank === null) return [];
    const ids = await redis.zrevrange(keys.dead(functionKey), rank + 1, rank + limit);
    const letters = await Promise.all(ids.map((id) => this.get(id)));
    return letters.filter((letter) => letter !== undefined);
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    const [functionKey, at, attempts, reason, detail] = await this.options.redis.hmget(
      keys.deadLetter(id),
      ...['function', 'at', 'attempts', 'reason', 'detail'],
    );
    if (!functionKey) return undefined;
    return {
      id,
      functionKey,
      atMs: Number(at),
      attempts: Number(attempts),
      reason: reason ?? '',
      detail: detail ?? '',
    };
  }

  /**
   * The request of a dead letter.
   *
   * @throws Error when it was sealed with another key
   */
  async open({ id, functionKey }: DeadLetter): Promise<{ head: StoredRequest; body: Buffer } | undefined> {
    const { redis, seal } = this.options;
    const sealed = await redis.hgetBuffer(keys.deadLetter(id), 'request');
    return sealed ? decodeMessage<StoredRequest>(seal.open(sealed, context(id, functionKey))) : undefined;
  }

  /** Whether there was one. */
  async remove(id: string): Promise<boolean> {
    const letter = await this.get(id);
    return letter !== undefined && (await this.exhume(letter.functionKey, [id])) > 0;
  }

  /** All of a function; returns how many there were. */
  purge(functionKey: string): Promise<number> {
    return this.exhume(functionKey, []);
  }

  /** Those that have not expired. */
  private async count(functionKey: string): Promise<number> {
    const { redis } = this.options;
    const oldest = Date.now() - DEAD_LETTER_TTL_SECONDS * 1_000;
    const replies = await redis
      .multi()
      .zremrangebyscore(keys.dead(functionKey), '-inf', oldest)
      .zcard(keys.dead(functionKey))
      .exec();
    return Number(replies?.[1]?.[1] ?? 0);
  }

  private async exhume(functionKey: string, ids: string[]): Promise<number> {
    const reply = await exhume.run(
      this.options.redis,
      [keys.dead(functionKey), keys.deadFunctions],
      [functionKey, keys.deadLetterPrefix, ...ids],
    );
    return Number(reply);
  }
}

function context(id: string, functionKey: string): string {
  return `dead-letter:${id}:${functionKey}`;
}
