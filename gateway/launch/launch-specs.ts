/**
 * Launch specs by their digest: from memory, else from Redis, where the operator keeps them sealed. Memory
 * is bounded, and what was used least recently goes first.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type LaunchSpec, launchContext, launchKey } from '#crds/wire/launch-spec.ts';
import type { Seal } from '#crds/wire/seal.ts';

/** A call waits: longer than this, and starting a pod is the better way. */
const FETCH_TIMEOUT_MS = 250;
const DEFAULT_MAX_BYTES = 64 * 2 ** 20;

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
  readonly maxBytes?: number;
}

export class LaunchSpecs {
  private readonly options: LaunchSpecsOptions;
  private readonly cached = new Map<string, PackedSpec>();
  private readonly fetching = new Map<string, Promise<PackedSpec | undefined>>();
  private bytes = 0;

  constructor(options: LaunchSpecsOptions) {
    this.options = options;
  }

  /** Undefined when it is not to be had in time; never rejects. */
  async get(functionKey: string, digest: string): Promise<PackedSpec | undefined> {
    const known = this.cached.get(digest);
    if (known) {
      // Maps keep the order of insertion: the front is what was used least recently.
      this.cached.delete(digest);
      this.cached.set(digest, known);
      return known;
    }
    let fetching = this.fetching.get(digest);
    if (fetching === undefined) {
      fetching = this.fetch(functionKey, digest).finally(() => this.fetching.delete(digest));
      this.fetching.set(digest, fetching);
    }
    return withinTime(fetching);
  }

  private async fetch(functionKey: string, digest: string): Promise<PackedSpec | undefined> {
    const { redis, seal, onFailure } = this.options;
    try {
      const sealed = await redis.getBuffer(launchKey(digest));
      if (sealed === null) return undefined;
      const body = seal.open(sealed, launchContext(functionKey));
      const { revision } = JSON.parse(body.toString()) as LaunchSpec;
      const spec = { body, sha256: createHash('sha256').update(body).digest('hex'), revision };
      this.remember(digest, spec);
      return spec;
    } catch (error) {
      onFailure(functionKey, error);
      return undefined;
    }
  }

  private remember(digest: string, spec: PackedSpec): void {
    const { maxBytes = DEFAULT_MAX_BYTES } = this.options;
    if (spec.body.length > maxBytes) return;
    this.cached.set(digest, spec);
    this.bytes += spec.body.length;
    for (const [oldest, { body }] of this.cached) {
      if (this.bytes <= maxBytes) return;
      this.cached.delete(oldest);
      this.bytes -= body.length;
    }
  }
}

function withinTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, FETCH_TIMEOUT_MS, undefined);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
