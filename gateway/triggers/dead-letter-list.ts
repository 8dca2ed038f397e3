/**
 * Dead letters in Redis, sealed: `catnap:trigger-dead-letters:NAMESPACE/NAME`, a list of at most
 * {@link MAX_ENTRIES} with the newest in front, which outlives the last of them by {@link TTL_SECONDS}.
 */
import type { Redis } from 'ioredis';
import type { Seal } from '#crds/wire/seal.ts';
import type { DeadLetter, DeadLetterSink } from './dead-letters.ts';

const MAX_ENTRIES = 1_000;
const TTL_SECONDS = 7 * 24 * 3_600;

export function deadLettersKey(functionKey: string): string {
  return `catnap:trigger-dead-letters:${functionKey}`;
}

/** What a sealed entry is bound to. */
export function deadLetterContext(functionKey: string): string {
  return `dead letter of ${functionKey}`;
}

export function createDeadLetterList(redis: Redis, seal: Seal): DeadLetterSink {
  return {
    async add({ functionKey, body, ...rest }: DeadLetter) {
      const key = deadLettersKey(functionKey);
      const plain = JSON.stringify({
        ...rest,
        addedAt: new Date().toISOString(),
        body: body.toString('base64'),
      });
      const replies = await redis
        .multi()
        .lpush(key, seal.close(Buffer.from(plain), deadLetterContext(functionKey)))
        .ltrim(key, 0, MAX_ENTRIES - 1)
        .expire(key, TTL_SECONDS)
        .exec();
      const failed = replies?.find(([error]) => error)?.[0];
      if (failed) throw failed;
    },
  };
}
