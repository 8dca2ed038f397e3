/**
 * The durable queue of outcomes that are to be told: BullMQ, with its back-off and take-over. An outcome is queued before
 * the end of its call is written down, under an id of the call's, so that it is told whoever dies in between, and queued
 * once. The caller and the function's spec each have a job, so that none waits for the other.
 */
import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Seal } from '#crds/wire/seal.ts';
import type { Destination } from '#gateway/functions/limits.ts';

const NAME = 'outcomes';
const PREFIX = 'catnap';
/** Told at once by one gateway. */
const SLOTS = 32;
const ATTEMPTS = 8;
/** Doubles: in all about ten minutes. */
const FIRST_BACKOFF_MS = 5_000;
/** A gateway that died is noticed within 8 + 2 × 3 seconds. */
const LOCK_MS = 8_000;
const STALLED_CHECK_MS = 3_000;
/** Until the end of the call is written down. */
const UNFINISHED_PAUSE_MS = 250;
/** Calls that tell of calls that tell of calls. */
const MAX_HOPS = 8;

export interface Destinations {
  readonly onSuccess?: Destination | undefined;
  readonly onFailure?: Destination | undefined;
}

interface OutcomeData {
  /** Of the invocation. */
  readonly id: string;
  /** The sealed {@link Destinations}, in base64: URLs may hold secrets. */
  readonly destinations: string;
  readonly hops: number;
}

/** What came of telling one outcome: done (or pointless), not yet ended, failed for now, failed for good. */
export type Told = 'done' | 'unfinished' | { readonly failed: string } | { readonly refused: string };

export interface OutcomeQueueOptions {
  /** A connection that waits for Redis. */
  readonly redis: Redis;
  readonly seal: Seal;
  readonly tell: (id: string, destinations: Destinations, hops: number) => Promise<Told>;
  readonly onGivenUp: (id: string, detail: string) => void;
  readonly log: Logger;
}

export class OutcomeQueue {
  private readonly options: OutcomeQueueOptions;
  private readonly queue: Queue<OutcomeData, void, string>;
  private worker: Worker<OutcomeData, void, string> | undefined;

  constructor(options: OutcomeQueueOptions) {
    this.options = options;
    this.queue = new Queue(NAME, { connection: options.redis, prefix: PREFIX });
    this.queue.on('error', (error) => options.log.debug({ err: error }, 'the outcomes have lost Redis'));
  }

  /**
   * Queues the outcome of a call, if anybody wants to know it.
   *
   * @param callback the URL that its caller named
   */
  async add(id: string, spec: Destinations, callback: string | undefined, hops: number): Promise<void> {
    if (hops >= MAX_HOPS) return;
    if (spec.onSuccess || spec.onFailure) await this.addJob(`${id}-spec`, id, spec, hops);
    if (callback === undefined) return;
    const url = { url: callback };
    await this.addJob(`${id}-callback`, id, { onSuccess: url, onFailure: url }, hops);
  }

  private async addJob(jobId: string, id: string, wanted: Destinations, hops: number): Promise<void> {
    const sealed = this.options.seal.close(Buffer.from(JSON.stringify(wanted)), context(id));
    await this.queue.add(
      'outcome',
      { id, destinations: sealed.toString('base64'), hops },
      {
        jobId,
        attempts: ATTEMPTS,
        backoff: { type: 'exponential', delay: FIRST_BACKOFF_MS, jitter: 0.5 },
        removeOnComplete: true,
        removeOnFail: true,
      },
    );
  }

  start(): void {
    const { redis, log } = this.options;
    this.worker = new Worker<OutcomeData, void, string>(NAME, (job, token) => this.run(job, token), {
      connection: redis,
      prefix: PREFIX,
      concurrency: SLOTS,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: 1_000,
    });
    this.worker.on('error', (error) => log.debug({ err: error }, 'the telling of outcomes has lost Redis'));
  }

  /** Tells no more; resolves when those under way have ended. */
  async stop(): Promise<void> {
    await this.worker?.close();
  }

  async close(force = false): Promise<void> {
    await Promise.allSettled([this.worker?.close(force), this.queue.close()]);
  }

  private async run(job: Job<OutcomeData, void, string>, token = ''): Promise<void> {
    const { id } = job.data;
    const destinations = this.open(id, job.data.destinations);
    if (destinations === undefined) {
      this.options.onGivenUp(id, 'It cannot be read: the encryption key has changed.');
      return;
    }
    const told = await this.options.tell(id, destinations, job.data.hops);
    if (told === 'done') return;
    if (told === 'unfinished') {
      await job.moveToDelayed(Date.now() + UNFINISHED_PAUSE_MS, token);
      throw new DelayedError();
    }
    const detail = 'failed' in told ? told.failed : told.refused;
    const last = 'refused' in told || job.attemptsMade + 1 >= ATTEMPTS;
    if (last) this.options.onGivenUp(id, detail);
    throw last ? new UnrecoverableError(detail) : new Error(detail);
  }

  private open(id: string, sealed: string): Destinations | undefined {
    try {
      return JSON.parse(this.options.seal.open(Buffer.from(sealed, 'base64'), context(id)).toString());
    } catch {
      return undefined;
    }
  }
}

function context(id: string): string {
  return `outcome:${id}`;
}
