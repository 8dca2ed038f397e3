/**
 * When cron triggers last ran, so that a gateway that takes over knows what was missed:
 * `catnap:triggers:cron:NAMESPACE/NAME/TRIGGER` → `{ at, schedule }`.
 */
import type { Redis } from 'ioredis';

/** Longer than the pauses of a schedule that runs once a year. */
const TTL_SECONDS = 400 * 24 * 3_600;

export interface LastRuns {
  /** Milliseconds since the epoch; undefined when none is known of this schedule. Rejects without Redis. */
  get(functionKey: string, trigger: string, schedule: string): Promise<number | undefined>;
  set(functionKey: string, trigger: string, schedule: string, at: number): Promise<void>;
}

export function createLastRuns(redis: Pick<Redis, 'get' | 'set'>): LastRuns {
  const keyOf = (functionKey: string, trigger: string) => `catnap:triggers:cron:${functionKey}/${trigger}`;
  return {
    async get(functionKey, trigger, schedule) {
      const text = await redis.get(keyOf(functionKey, trigger));
      const last = text === null ? undefined : (JSON.parse(text) as { at: number; schedule: string });
      return last?.schedule === schedule ? last.at : undefined;
    },
    async set(functionKey, trigger, schedule, at) {
      await redis.set(keyOf(functionKey, trigger), JSON.stringify({ at, schedule }), 'EX', TTL_SECONDS);
    },
  };
}
