/** Reads the gateways' reports from Redis. Never blocks for long and never throws: no answer is no data. */
import type { Redis } from 'ioredis';
import type { RedisAddress } from '#crds/wire/redis-address.ts';
import { GATEWAYS_KEY, sampleKey } from '#crds/wire/samples.ts';
import { describeError, type Log } from '#kube/log.ts';
import { connectRedis } from '../redis.ts';
import { type Hearing, type LoadSnapshot, type Report, readReports } from './samples.ts';

/** Reports are a few kilobytes; this many gateways are more than anyone runs. */
const MAX_GATEWAYS = 1_000;

export interface SampleSource {
  /** What is known of the load now, or undefined when nothing is. */
  read(): Promise<LoadSnapshot | undefined>;
  close(): void;
}

export interface SampleSourceOptions {
  address: RedisAddress;
  log: Log;
  /** Monotonic, in milliseconds. */
  now: () => number;
  /** One reading failed. */
  onFailure: () => void;
}

export function createSampleSource({ address, log, now, onFailure }: SampleSourceOptions): SampleSource {
  const redis = connectRedis(address);
  // Each failed attempt to connect is an event; only the change is worth a line.
  let hasTried = false;
  redis.on('error', () => {
    hasTried = true;
  });
  redis.on('ready', () => {
    hasTried = true;
  });
  let hearing: Hearing = new Map();
  let isAway = false;

  const note = (error: unknown) => {
    onFailure();
    if (!isAway) log.warn(describeError(error), 'no load samples from Redis: scaling holds, nothing shrinks');
    isAway = true;
  };

  return {
    async read() {
      // Still connecting for the first time: nothing is known, and nothing is wrong.
      if (!hasTried) return undefined;
      try {
        const reports = await readAll(redis);
        if (isAway) log.info({}, 'load samples are back: scaling resumes');
        isAway = false;
        const reading = readReports(reports, hearing, now());
        hearing = reading.hearing;
        if (reading.gone.length > 0) await strikeOff(redis, reading.gone, log);
        return reading.snapshot;
      } catch (error) {
        note(error);
        return undefined;
      }
    },
    close: () => redis.disconnect(),
  };
}

async function readAll(redis: Redis): Promise<Report[]> {
  const gatewayIds = (await redis.smembers(GATEWAYS_KEY)).slice(0, MAX_GATEWAYS);
  if (gatewayIds.length === 0) return [];
  const texts = await redis.mget(gatewayIds.map(sampleKey));
  return gatewayIds.map((gatewayId, index) => ({ gatewayId, text: texts[index] ?? null }));
}

/** A gateway that comes back lists itself again with its next report. */
async function strikeOff(redis: Redis, gatewayIds: string[], log: Log): Promise<void> {
  log.info({ gateways: gatewayIds }, 'gateways gone without a goodbye');
  await redis.srem(GATEWAYS_KEY, ...gatewayIds);
}
