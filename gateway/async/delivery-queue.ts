/** The durable queue of asynchronous calls: BullMQ, with settings that lose nothing when a gateway dies. */
import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';

const NAME = 'calls';
const PREFIX = 'catnap';
/** Deliveries under way at once in one gateway. */
export const DELIVERY_SLOTS = 200;
/**
 * A gateway that died is noticed when its locks have run out and a check has then seen the job twice:
 * within 8 + 2 × 4 seconds.
 */
const LOCK_MS = 8_000;
const STALLED_CHECK_MS = 4_000;

export interface Delivery {
  /** `namespace/name`. */
  readonly function: string;
  /** The sealed request, in base64. */
  readonly request: string;
}

export type DeliveryJob = Job<Delivery, void, string>;

/** Thrown for a delivery that failed and shall be repeated after a pause. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly pauseMs: number;

  constructor(message: string, pauseMs: number) {
    super(message);
    this.pauseMs = pauseMs;
  }
}

/** The side that accepts calls. */
export class DeliveryQueue {
  private readonly redis: Redis;
  private queue: Queue<Delivery, void, string> | undefined;
  private readonly log: Logger;

  /** @param redis a connection that fails at once while Redis is away. */
  constructor(redis: Redis, log: Logger) {
    this.redis = redis;
    this.log = log;
  }

  /** Adds a call. An id that is there already is left alone. */
  async add(id: string, delivery: Delivery, attempts: number): Promise<void> {
    await this.open().add('call', delivery, {
      jobId: id,
      attempts,
      backoff: { type: 'custom' },
      removeOnComplete: true,
      removeOnFail: { age: 24 * 3_600, count: 100 },
    });
  }

  async close(): Promise<void> {
    await this.queue?.close();
  }

  /** Opened when first used: the library wants Redis to be there then. */
  private open(): Queue<Delivery, void, string> {
    if (this.queue === undefined) {
      this.queue = new Queue(NAME, { connection: this.redis, prefix: PREFIX });
      this.queue.on('error', (error) =>
        this.log.debug({ err: error }, 'the queue of asynchronous calls has lost Redis'),
      );
    }
    return this.queue;
  }
}

/** The side that delivers: runs `deliver` for each call until {@link Worker.close}. */
export function createDeliveryWorker(
  redis: Redis,
  log: Logger,
  deliver: (job: DeliveryJob, token: string) => Promise<void>,
): Worker<Delivery, void, string> {
  const worker = new Worker<Delivery, void, string>(NAME, (job, token = '') => deliver(job, token), {
    connection: redis,
    prefix: PREFIX,
    concurrency: DELIVERY_SLOTS,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    // A call is given up for what the function does, not for how often gateways were replaced.
    maxStalledCount: 1_000,
    settings: {
      backoffStrategy: (_attempts, _type, error) => (error instanceof RetryLater ? error.pauseMs : 1_000),
    },
  });
  worker.on('error', (error) =>
    log.debug({ err: error }, 'the delivery of asynchronous calls has lost Redis'),
  );
  return worker;
}
