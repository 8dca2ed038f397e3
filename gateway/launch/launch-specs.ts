/** Launch specs by their digest: from memory, else from Redis, where the operator keeps them sealed. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type LaunchSpec, launchContext, launchKey } from '#crds/wire/launch-spec.ts';
import type { Seal } from '#crds/wire/seal.ts';
import { SpecCache } from '#gateway/spec-cache.ts';
import { withinTime } from '#gateway/within-time.ts';

/** A call waits: longer than this, and starting a pod is the better way. */
const FETCH_TIMEOUT_MS = 250;
const MAX_BYTES = 64 * 2 ** 20;

/** As it goes to a pod. */
export interface PackedSpec {
  readonly body: Buffer;
  /** Of the body, in hex. */
  readonly sha256: string;
  readonly revision: string;
}

export interface LaunchSpecsOptions {
  readonly redis: Pick<Redis, 'getBuffer'>;
  readonly seal: Seal;
  /** Something other than absence kept a spec from being had. */
  readonly onFailure: (functionKey: string, error: unknown) => void;
}

export class LaunchSpecs {
  private readonly options: LaunchSpecsOptions;
  private readonly cache: SpecCache<PackedSpec | undefined>;

  constructor(options: LaunchSpecsOptions) {
    this.options = options;
    this.cache = new SpecCache({
      read: (functionKey, digest) => this.read(functionKey, digest),
      sizeOf: ({ body }) => body.length,
      maxBytes: MAX_BYTES,
    });
  }

  /** Undefined when it is not to be had in time; never rejects. */
  get(functionKey: string, digest: string): Promise<PackedSpec | undefined> {
    return withinTime(FETCH_TIMEOUT_MS, this.cache.get(functionKey, digest));
  }

  private async read(functionKey: string, digest: string): Promise<PackedSpec | undefined> {
    const { redis, seal, onFailure } = this.options;
    try {
      const sealed = await redis.getBuffer(launchKey(digest));
      if (sealed === null) return undefined;
      const body = seal.open(sealed, launchContext(functionKey));
      const { revision } = JSON.parse(body.toString()) as LaunchSpec;
      return { body, sha256: createHash('sha256').update(body).digest('hex'), revision };
    } catch (error) {
      onFailure(functionKey, error);
      return undefined;
    }
  }
}
