/**
 * Empties the queue that versions up to 0.1 used, so that an upgrade loses nothing that was acknowledged; during it the
 * gateways of both versions take from it. BullMQ: job id → the call's id, data → function and sealed request in base64.
 */
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { channels, keys } from './keys.ts';
import { adopt } from './scripts/adopt.ts';

const NAME = 'calls';
const PREFIX = 'catnap';
/** A gateway of an earlier version that died is noticed within 8 + 2 × 3 seconds. */
const LOCK_MS = 8_000;
const STALLED_CHECK_MS = 3_000;

interface EarlierCall {
  readonly function: string;
  readonly request: string;
}

export class EarlierQueue {
  private readonly worker: Worker<EarlierCall, void, string>;

  /** @param redis a connection that waits for Redis */
  constructor(redis: Redis, onTaken: () => void, log: Logger) {
    this.worker = new Worker<EarlierCall, void, string>(
      NAME,
      async ({ id = '', data, timestamp, attemptsMade }) => {
        const { function: functionKey, request } = data;
        await adopt.run(
          redis,
          [
            ...[keys.record(id), keys.payload(id), keys.ready(functionKey), keys.ring, keys.turn],
            ...[keys.backlog, keys.index(functionKey)],
          ],
          [id, functionKey, timestamp, Buffer.from(request, 'base64'), attemptsMade, channels.ready],
        );
        onTaken();
      },
      {
        ...{ connection: redis, prefix: PREFIX, concurrency: 16, lockDuration: LOCK_MS },
        ...{ stalledInterval: STALLED_CHECK_MS, maxStalledCount: 1_000, removeOnComplete: { count: 0 } },
      },
    );
    this.worker.on('error', (error) => log.debug({ err: error }, 'the earlier queue has lost Redis'));
  }

  /** @param force do not wait for Redis */
  async stop(force = false): Promise<void> {
    await this.worker.close(force);
  }
}
