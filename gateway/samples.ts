/** Publishes load samples for the autoscaler: once a second, and at once when a function wakes up. */
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import {
  type FunctionSample,
  GATEWAYS_KEY,
  type GatewaySample,
  SAMPLE_PERIOD_MS,
  SAMPLE_TTL_MS,
  sampleKey,
} from '#crds/wire/samples.ts';
import type { ColdStartBook } from './functions/cold-starts.ts';
import type { LoadBook } from './functions/load.ts';
import type { ClaimBook } from './launch/claim-book.ts';
import type { Triggering } from './triggers/triggering.ts';

/** Samples out of turn are this far apart at least. */
const EARLY_GAP_MS = 50;

export interface SamplerOptions {
  readonly gatewayId: string;
  readonly redis: Pick<Redis, 'status' | 'multi' | 'srem' | 'del'>;
  readonly loads: LoadBook;
  readonly claims: Pick<ClaimBook, 'isEmpty' | 'report'>;
  readonly isolateCounts: () => ReadonlyMap<string, number>;
  readonly starvingCounts: () => ReadonlyMap<string, number>;
  readonly coldStarts: Pick<ColdStartBook, 'report'>;
  /** Undefined when this gateway runs none. */
  readonly triggers: Pick<Triggering, 'report'> | undefined;
  readonly log: Logger;
}

export class Sampler {
  private readonly options: SamplerOptions;
  private sequence = 0;
  private period: NodeJS.Timeout | undefined;
  private early: NodeJS.Timeout | undefined;
  private failing = false;

  constructor(options: SamplerOptions) {
    this.options = options;
  }

  start(): void {
    this.period = setInterval(() => void this.publish(this.options.loads.takePeriod()), SAMPLE_PERIOD_MS);
    this.options.loads.onFresh = () => {
      this.early ??= setTimeout(() => {
        this.early = undefined;
        void this.publish(this.options.loads.peek());
      }, EARLY_GAP_MS);
    };
  }

  /** Stops and takes this gateway off the books, unless the operator has yet to hear of its claims. */
  async stop(): Promise<void> {
    clearInterval(this.period);
    clearTimeout(this.early);
    this.options.loads.onFresh = () => {};
    const { redis, gatewayId, claims } = this.options;
    if (redis.status !== 'ready') return;
    if (!claims.isEmpty) return this.publish({});
    await Promise.allSettled([redis.srem(GATEWAYS_KEY, gatewayId), redis.del(sampleKey(gatewayId))]);
  }

  private async publish(functions: Record<string, FunctionSample>): Promise<void> {
    const { redis, gatewayId, claims, coldStarts, triggers, log } = this.options;
    this.sequence += 1;
    // Without Redis the sample is void: the next one is as good, and none means "unknown" to the reader.
    if (redis.status !== 'ready') return;
    const isolates = this.options.isolateCounts();
    const starving = this.options.starvingCounts();
    const sample: GatewaySample = {
      sequence: this.sequence,
      functions,
      ...claims.report(),
      ...coldStarts.report(),
      ...(isolates.size > 0 && { isolates: Object.fromEntries(isolates) }),
      ...(starving.size > 0 && { starving: Object.fromEntries(starving) }),
      ...triggers?.report(),
    };
    try {
      await redis
        .multi()
        .sadd(GATEWAYS_KEY, gatewayId)
        .set(sampleKey(gatewayId), JSON.stringify(sample), 'PX', SAMPLE_TTL_MS)
        .exec();
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        log.warn({ err: error }, 'load samples cannot be published; autoscaling stands still');
      this.failing = true;
    }
  }
}
