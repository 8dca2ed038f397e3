/** Writes sealed things, and knows which are on their way and which Redis lost. */
import { describeError, type Log } from '#kube/log.ts';
import type { SealedStore } from './store.ts';

export interface SealedWriter {
  /** Writes one. Never rejects: false when it could not be written. */
  write(functionKey: string, digest: string, plain: Buffer): Promise<boolean>;
  /** Redis does not have this one any more. */
  lost(digest: string): void;
  isLost(digest: string): boolean;
  /** Those that are being written. */
  underWay(): Iterable<string>;
}

/** @param what is written, in words, several of it */
export function createSealedWriter(what: string, store: Pick<SealedStore, 'write'>, log: Log): SealedWriter {
  const underWay = new Set<string>();
  const lost = new Set<string>();
  return {
    async write(functionKey, digest, plain) {
      underWay.add(digest);
      try {
        await store.write(functionKey, digest, plain);
        lost.delete(digest);
        log.debug({ function: functionKey, digest, bytes: plain.length }, `${what} written`);
        return true;
      } catch (error) {
        log.warn(
          { function: functionKey, ...describeError(error) },
          `${what} not written, to be tried again`,
        );
        return false;
      } finally {
        underWay.delete(digest);
      }
    },
    lost: (digest) => void lost.add(digest),
    isLost: (digest) => lost.has(digest),
    underWay: () => underWay,
  };
}
