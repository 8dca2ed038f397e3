/** The durable store of asynchronous calls: each step one atomic script in Redis. */
import type { Redis } from 'ioredis';
import { channels, keys } from './keys.ts';
import type { StoredRequest } from './message.ts';
import { INDEX_ENTRIES, INDEX_TTL_SECONDS, RESULT_TTL_SECONDS } from './records.ts';
import { accept } from './scripts/accept.ts';
import { cancel } from './scripts/cancel.ts';
import { claim } from './scripts/claim.ts';
import { finish } from './scripts/finish.ts';
import { putBack } from './scripts/put-back.ts';
import { release } from './scripts/release.ts';
import { type ScriptReply, text } from './scripts/script.ts';

export interface NewCall {
  readonly id: string;
  /** `namespace/name`. */
  readonly functionKey: string;
  /** Tells a repeated request from another one. */
  readonly fingerprint: string;
  readonly sealed: Buffer;
  readonly acceptedAtMs: number;
  readonly maxBacklog: number;
  /** Put off by so many milliseconds; 0 for not at all. */
  readonly delayMs: number;
}

/** `taken`: in this gateway's hand, its first attempt runs. */
export type Acceptance = 'queued' | 'taken' | 'known' | 'conflict' | 'full';

/** A call in this gateway's hand. */
export interface TakenCall {
  readonly id: string;
  readonly functionKey: string;
  /** 1 for the first delivery; those that a dying gateway took with it count too. */
  readonly attempt: number;
  readonly acceptedAtMs: number;
  /** When it could first be delivered: later than its acceptance when it was put off. */
  readonly dueAtMs: number;
  readonly sealed: Buffer;
  /** What is sealed, where it is still at hand. */
  readonly opened?: { readonly head: StoredRequest; readonly body: Buffer };
}

export interface Claimed {
  readonly calls: TakenCall[];
  /** Milliseconds until the next call that was put off is due; undefined when there is none. */
  readonly nextDueMs: number | undefined;
  /** Functions with calls that wait, among them those that this gateway has no headroom for. */
  readonly functionsWaiting: number;
}

export interface ClaimWish {
  readonly calls: number;
  readonly bytes: number;
  /** Further calls that each of these functions may get. */
  readonly headrooms: Iterable<readonly [functionKey: string, headroom: number]>;
  /** The same for every other function. */
  readonly headroomOfOthers: number;
}

export interface Finish {
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly attempts: number;
  /** Sealed. */
  readonly response?: Buffer;
  readonly status?: number;
  /** Why it failed, when no response says so: a problem code and its detail. */
  readonly reason?: string;
  readonly detail?: string;
}

export class CallStore {
  readonly gatewayId: string;
  private readonly taken: string;

  /** @param gatewayId names what this process has in hand; never used by another one, not even after a restart */
  constructor(gatewayId: string) {
    this.gatewayId = gatewayId;
    this.taken = keys.taken(gatewayId);
  }

  /** @param take whether this gateway has room to deliver it at once */
  async accept(redis: Redis, call: NewCall, take: boolean): Promise<Acceptance> {
    const { id, functionKey, fingerprint, delayMs } = call;
    const reply = await accept.run(
      redis,
      [
        ...[keys.record(id), keys.payload(id), keys.ready(functionKey), keys.ring, keys.turn],
        ...[keys.delayed, keys.backlog, keys.index(functionKey), keys.gateways, this.taken],
      ],
      [
        ...[id, functionKey, fingerprint, call.acceptedAtMs, call.sealed, call.maxBacklog, delayMs],
        ...[take ? this.gatewayId : '', INDEX_ENTRIES, INDEX_TTL_SECONDS, channels.ready],
      ],
    );
    const [code, known] = reply as ScriptReply[];
    if (code === 2) return text(known) === fingerprint ? 'known' : 'conflict';
    return code === 1 ? 'taken' : code === 3 ? 'full' : 'queued';
  }

  async claim(redis: Redis, { calls, bytes, headrooms, headroomOfOthers }: ClaimWish): Promise<Claimed> {
    const reply = (await claim.run(
      redis,
      [keys.ring, keys.turn, keys.delayed, keys.gateways, this.taken],
      [
        ...[this.gatewayId, calls, bytes, Date.now(), keys.readyPrefix, keys.recordPrefix],
        ...[keys.payloadPrefix, headroomOfOthers, ...[...headrooms].flat()],
      ],
    )) as ScriptReply[];
    const [due, functionsWaiting, ...parts] = reply;
    const taken: TakenCall[] = [];
    for (let i = 0; i < parts.length; i += 6) taken.push(takenCall(parts.slice(i, i + 6)));
    return {
      calls: taken,
      nextDueMs: due === -1 ? undefined : Number(due),
      functionsWaiting: Number(functionsWaiting),
    };
  }

  /** Returns the state in which the call ended, or undefined when it had ended before. */
  async finish(
    redis: Redis,
    id: string,
    functionKey: string,
    end: Finish,
  ): Promise<Finish['state'] | undefined> {
    const reply = await finish.run(
      redis,
      [keys.record(id), keys.payload(id), keys.response(id), this.taken, keys.backlog],
      [
        ...[id, functionKey, end.state, Date.now(), RESULT_TTL_SECONDS, channels.changed(id)],
        ...[end.response ?? '', end.status ?? '', end.reason ?? '', end.detail ?? '', end.attempts],
      ],
    );
    return reply === null ? undefined : (text(reply) as Finish['state']);
  }

  /**
   * Gives a call back, to be delivered again after a pause.
   *
   * @param began false when the delivery never began: then it does not count
   * @returns `cancel` when the call was asked to be cancelled: then it is still in hand
   */
  async putBack(
    redis: Redis,
    id: string,
    pauseMs: number,
    began: boolean,
  ): Promise<'queued' | 'lost' | 'cancel'> {
    const reply = await putBack.run(
      redis,
      [keys.record(id), this.taken, keys.delayed],
      [id, Math.round(pauseMs), began ? 0 : 1, channels.changed(id)],
    );
    return reply === null ? 'cancel' : reply === 1 ? 'queued' : 'lost';
  }

  async cancel(redis: Redis, id: string): Promise<'unknown' | 'cancelled' | 'running' | 'finished'> {
    const reply = await cancel.run(
      redis,
      [keys.record(id), keys.payload(id), keys.delayed, keys.backlog],
      [id, Date.now(), RESULT_TTL_SECONDS, channels.cancel, channels.changed(id)],
    );
    return text(reply) as 'unknown' | 'cancelled' | 'running' | 'finished';
  }

  /** Everything that a gateway has in hand, back to the front of its function's list, and the gateway off the books. */
  releaseAll(redis: Redis, gatewayId = this.gatewayId): Promise<number> {
    return this.release(redis, gatewayId, []);
  }

  /** Calls that are in this gateway's hand by the books only. */
  async releaseLost(redis: Redis, ids: string[]): Promise<number> {
    return ids.length === 0 ? 0 : this.release(redis, this.gatewayId, ids);
  }

  /** Says that this gateway lives; returns how often each gateway has said so. */
  async heartbeat(redis: Redis): Promise<Map<string, string>> {
    const replies = await redis
      .multi()
      .hincrby(keys.gateways, this.gatewayId, 1)
      .hgetall(keys.gateways)
      .exec();
    const failed = replies?.find(([error]) => error)?.[0];
    if (failed) throw failed;
    return new Map(Object.entries((replies?.[1]?.[1] ?? {}) as Record<string, string>));
  }

  /** The ids in this gateway's hand, by the books. */
  inHand(redis: Redis): Promise<string[]> {
    return redis.smembers(this.taken);
  }

  private async release(redis: Redis, gatewayId: string, ids: string[]): Promise<number> {
    const reply = await release.run(
      redis,
      [keys.gateways, keys.taken(gatewayId), keys.ring, keys.turn, keys.backlog],
      [
        ...[gatewayId, keys.readyPrefix, keys.recordPrefix, keys.payloadPrefix, channels.ready],
        ...[RESULT_TTL_SECONDS, ...ids],
      ],
    );
    return Number(reply);
  }
}

function takenCall([id, functionKey, attempt, accepted, due, sealed]: ScriptReply[]): TakenCall {
  const acceptedAtMs = Number(text(accepted));
  return {
    id: text(id),
    functionKey: text(functionKey),
    attempt: Number(attempt),
    acceptedAtMs,
    dueAtMs: Math.max(acceptedAtMs, Number(text(due))),
    sealed: sealed as Buffer,
  };
}
