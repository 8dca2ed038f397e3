/** What gateways are to find in Redis, sealed, under its digest. Rejects soon, never waits. */
import type { RedisAddress } from '#crds/wire/redis-address.ts';
import type { Seal } from '#crds/wire/seal.ts';
import { connectRedis } from '../redis.ts';

/** One kind of thing that is kept so. */
export interface SealedKind {
  /** In words, several of them. */
  what: string;
  /** Where one is kept. */
  key(digest: string): string;
  /** What one is bound to. */
  context(functionKey: string): string;
}

/** What is named no more stays for a while: gateways may not have seen the new name yet. */
const EXPIRY_SECONDS = 300;
/** Commands that are sent together. */
const BATCH = 500;

export interface SealedStore {
  /** Redis can be asked at this moment. */
  readonly ready: boolean;
  /** Keeps one until it is retired. */
  write(functionKey: string, digest: string, plain: Buffer): Promise<void>;
  retire(digests: readonly string[]): Promise<void>;
  /** Those of the digests that Redis does not have. */
  missing(digests: readonly string[]): Promise<string[]>;
  /** Every digest that is kept, in portions. */
  all(): AsyncIterable<string[]>;
  /** Redis is there, for the first time or again. */
  onReady(handler: () => void): void;
  close(): void;
}

/** @param seal undefined where nothing can be sealed; nothing is written then */
export function createSealedStore(
  kind: SealedKind,
  address: RedisAddress,
  seal: Seal | undefined,
): SealedStore {
  const redis = connectRedis(address);
  // Each failed attempt to connect is an event; whoever sends commands notices by itself.
  redis.on('error', () => {});

  return {
    get ready() {
      return redis.status === 'ready';
    },
    async write(functionKey, digest, plain) {
      if (!seal) throw new Error(`there is no key to seal ${kind.what} with`);
      await redis.set(kind.key(digest), seal.close(plain, kind.context(functionKey)));
    },
    async retire(digests) {
      for (const some of batches(digests)) {
        await Promise.all(some.map((digest) => redis.expire(kind.key(digest), EXPIRY_SECONDS)));
      }
    },
    async missing(digests) {
      const missing: string[] = [];
      for (const some of batches(digests)) {
        const found = await Promise.all(some.map((digest) => redis.exists(kind.key(digest))));
        missing.push(...some.filter((_, index) => found[index] === 0));
      }
      return missing;
    },
    async *all() {
      const prefix = kind.key('');
      let cursor = '0';
      do {
        const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', BATCH);
        yield keys.map((key) => key.slice(prefix.length));
        cursor = next;
      } while (cursor !== '0');
    },
    onReady(handler) {
      redis.on('ready', handler);
    },
    close: () => redis.disconnect(),
  };
}

function* batches(digests: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < digests.length; start += BATCH) yield digests.slice(start, start + BATCH);
}
