/**
 * What the operator keeps sealed in Redis under a digest, in memory once it was read: a digest names one content for ever.
 * Memory is bounded, and what was used least recently goes first.
 */

export interface SpecCacheOptions<T> {
  /** Reads one that is not in memory. `undefined` is not kept: it is asked for again the next time. */
  readonly read: (functionKey: string, digest: string) => Promise<T>;
  readonly sizeOf: (spec: NonNullable<T>) => number;
  readonly maxBytes: number;
}

export class SpecCache<T> {
  private readonly options: SpecCacheOptions<T>;
  private readonly cached = new Map<string, NonNullable<T>>();
  private readonly reading = new Map<string, Promise<T>>();
  private bytes = 0;

  constructor(options: SpecCacheOptions<T>) {
    this.options = options;
  }

  /** Rejects as `read` does, for all who wait for the same one. */
  async get(functionKey: string, digest: string): Promise<T> {
    // A spec is sealed for its function; another one that names its digest must not find it here either.
    const key = `${functionKey} ${digest}`;
    const known = this.cached.get(key);
    if (known !== undefined) {
      // Maps keep the order of insertion: the front is what was used least recently.
      this.cached.delete(key);
      this.cached.set(key, known);
      return known;
    }
    let reading = this.reading.get(key);
    if (reading === undefined) {
      reading = this.read(key, functionKey, digest).finally(() => this.reading.delete(key));
      this.reading.set(key, reading);
    }
    return reading;
  }

  private async read(key: string, functionKey: string, digest: string): Promise<T> {
    const spec = await this.options.read(functionKey, digest);
    if (spec !== undefined && spec !== null) this.keep(key, spec);
    return spec;
  }

  private keep(key: string, spec: NonNullable<T>): void {
    const { sizeOf, maxBytes } = this.options;
    const size = sizeOf(spec);
    if (size > maxBytes) return;
    this.cached.set(key, spec);
    this.bytes += size;
    for (const [oldest, other] of this.cached) {
      if (this.bytes <= maxBytes) return;
      this.cached.delete(oldest);
      this.bytes -= sizeOf(other);
    }
  }
}
