/** How much asynchronous work there is, read from Redis when Prometheus asks: the same at every gateway. */
import type { Redis } from 'ioredis';
import { Gauge, type Registry } from 'prom-client';
import { splitKey } from '#crds/wire/names.ts';
import { keys } from './keys.ts';
import type { Slots } from './slots.ts';

/** Functions that are told of by name: those with the largest backlogs. */
const MAX_SERIES = 1_000;
/** Lists whose oldest call is looked at. */
const MAX_LISTS = 1_000;

export interface AsyncGaugesOptions {
  readonly registry: Registry;
  /** A connection that fails while Redis is away. */
  readonly redis: Redis;
  readonly slots: Slots;
}

/** Adds the gauges to a registry. Without Redis those that need it have no values. */
export function registerAsyncGauges({ registry, redis, slots }: AsyncGaugesOptions): void {
  const registers = [registry];
  new Gauge({
    name: 'catnap_async_backlog_calls',
    help: 'Asynchronous calls that are unfinished, by function, for the thousand with the most; the same at every gateway.',
    labelNames: ['namespace', 'function'],
    registers,
    async collect() {
      this.reset();
      const backlog = await redis.hgetall(keys.backlog).catch(() => ({}) as Record<string, string>);
      const sorted = Object.entries(backlog).sort(([, a], [, b]) => Number(b) - Number(a));
      for (const [functionKey, count] of sorted.slice(0, MAX_SERIES)) {
        const { namespace, name } = splitKey(functionKey);
        this.set({ namespace, function: name }, Number(count));
      }
    },
  });
  new Gauge({
    name: 'catnap_async_oldest_waiting_seconds',
    help: 'Age of the asynchronous call that has waited longest for a delivery that could begin; the same at every gateway.',
    registers,
    async collect() {
      const accepted = await oldestWaiting(redis).catch(() => Number.NaN);
      this.set(accepted === undefined ? 0 : Math.max(0, (Date.now() - accepted) / 1_000));
    },
  });
  new Gauge({
    name: 'catnap_async_dead_letters',
    help: 'Dead letters that are kept; the same at every gateway.',
    registers,
    async collect() {
      const counts = await redis
        .zrevrange(keys.deadFunctions, 0, MAX_SERIES - 1, 'WITHSCORES')
        .catch(() => ['', 'NaN']);
      this.set(counts.reduce((sum, value, i) => (i % 2 === 1 ? sum + Number(value) : sum), 0));
    },
  });
  new Gauge({
    name: 'catnap_async_deliveries',
    help: 'Deliveries of asynchronous calls that run at this gateway.',
    registers,
    collect() {
      this.set(slots.running);
    },
  });
  new Gauge({
    name: 'catnap_async_throttled_functions',
    help: 'Functions that this gateway gives fewer asynchronous calls at a time, because they answered 429 or 503.',
    registers,
    collect() {
      this.set(slots.heldBack);
    },
  });
}

/** When the oldest call was accepted, of those at the heads of lists; undefined when there is none. */
async function oldestWaiting(redis: Redis): Promise<number | undefined> {
  const functions = await redis.zrange(keys.ring, 0, String(MAX_LISTS - 1));
  const heads = await Promise.all(functions.map((functionKey) => redis.lindex(keys.ready(functionKey), 0)));
  const accepted = await Promise.all(
    heads.map((id) => (id ? redis.hget(keys.record(id), 'acceptedAt') : null)),
  );
  const times = accepted.flatMap((time) => (time ? [Number(time)] : []));
  return times.length === 0 ? undefined : Math.min(...times);
}
