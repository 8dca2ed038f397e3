/** Asynchronous invocation put together: its parts, its connections to Redis, its start and end. */
import { randomUUID } from 'node:crypto';
import type { Router } from 'express';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { Seal } from '#crds/wire/seal.ts';
import type { Config } from '#gateway/config.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import { connectRedis, interactiveOptions, patientOptions } from '#gateway/redis.ts';
import { AsyncCalls } from './async-calls.ts';
import { asyncControl } from './async-control.ts';
import { registerAsyncGauges } from './async-gauges.ts';
import { CallStore } from './call-store.ts';
import { Changes } from './changes.ts';
import { DeadLetters } from './dead-letters.ts';
import { Deliverer } from './deliverer.ts';
import { Dispatcher } from './dispatcher.ts';
import { EarlierQueue } from './earlier-queue.ts';
import { Endings } from './endings.ts';
import { Intake } from './intake.ts';
import { Invocations } from './invocations.ts';
import { OutcomeQueue } from './outcomes/outcome-queue.ts';
import { Poster } from './outcomes/poster.ts';
import { Reachable } from './outcomes/reachable.ts';
import { Teller } from './outcomes/teller.ts';
import { Presence } from './presence.ts';
import { Records } from './records.ts';
import { Redrive } from './redrive.ts';
import { controlToken } from './secrets.ts';
import { Slots } from './slots.ts';

/** How long Redis may take to let go. */
const CLOSE_MS = 1_000;

export interface AsynchronousOptions {
  readonly config: Pick<Config, 'redis' | 'encryptionKey' | 'outboundNetworks'>;
  readonly invoker: Invoker;
  readonly synced: () => boolean;
  /** A connection for notices alone, which waits for Redis. */
  readonly notices: Redis;
  readonly log: Logger;
}

export interface Asynchronous {
  readonly calls: AsyncCalls;
  /** For the control API; undefined without an encryption key. */
  readonly control: Router | undefined;
  /** Where what failed for good is put away; undefined without an encryption key. */
  readonly deadLetters: DeadLetters | undefined;
  /** Takes no more deliveries; those under way go on. */
  stop(): void;
  /** Gives back what is still in hand, waits a moment for what is still to be written, then closes. */
  close(): Promise<void>;
}

/** Starts it. Without an encryption key nothing is accepted. */
export function createAsynchronous(options: AsynchronousOptions): Asynchronous {
  const { config, log, invoker } = options;
  if (config.encryptionKey !== undefined) return start({ ...options, encryptionKey: config.encryptionKey });
  log.warn(
    'CATNAP_ENCRYPTION_KEY is not set: asynchronous calls are refused, pods cannot announce themselves',
  );
  const calls = new AsyncCalls({ store: undefined, metrics: invoker.metrics, log });
  return { calls, control: undefined, deadLetters: undefined, stop() {}, close: async () => {} };
}

function start(options: AsynchronousOptions & { encryptionKey: Buffer }): Asynchronous {
  const { config, invoker, synced, notices, log, encryptionKey } = options;
  const { metrics, table } = invoker;
  const interactive = connectRedis(config.redis, interactiveOptions(), log);
  const patient = connectRedis(config.redis, patientOptions(), log);
  const seal = new Seal(encryptionKey);
  const store = new CallStore(randomUUID());
  const slots = new Slots(() => performance.now());
  const records = new Records(interactive);
  const deadLetters = new DeadLetters({ redis: patient, seal, metrics });

  const dispatcher: Dispatcher = new Dispatcher({
    ...{ redis: patient, store, slots, table, synced, log },
    deliver: (call) => deliverer.deliver(call),
  });
  const intake = new Intake({ redis: interactive, store, seal, dispatcher, slots, metrics });
  const poster = new Poster(new Reachable(config.outboundNetworks));
  const teller = new Teller({ records, intake, table, poster, seal, encryptionKey, metrics });
  const outcomes = new OutcomeQueue({
    ...{ redis: patient, seal, log },
    tell: (id, destinations, hops) => teller.tell(id, destinations, hops),
    onGivenUp: (id, detail) => log.warn({ id, detail }, 'the outcome of a call is not told any more'),
  });
  const endings = new Endings({
    ...{ redis: patient, store, deadLetters, outcomes, metrics, log },
    onPutOff: (ms) => dispatcher.wakeIn(ms),
  });
  const deliverer = new Deliverer({ invoker, slots, seal, endings, log });
  const changes = new Changes({
    redis: notices,
    onReady: () => dispatcher.kick(),
    onCancel: (id) => deliverer.cancel(id),
  });
  const presence = new Presence({
    ...{ redis: patient, store, dispatcher, slots, log },
    onTakenOver: (calls) => metrics.asyncTakeovers.inc(calls),
  });
  const invocations = new Invocations({ redis: interactive, store, records, changes, seal });
  const redrive = new Redrive({ deadLetters, intake, table, seal });
  registerAsyncGauges({ registry: metrics.registry, redis: interactive, slots });

  const earlier = new EarlierQueue(patient, () => dispatcher.kick(), log);

  changes.start();
  presence.start();
  dispatcher.start();
  outcomes.start();

  return {
    calls: new AsyncCalls({ store: { intake, invocations, seal }, metrics, log }),
    control: asyncControl({ token: controlToken(encryptionKey), records, deadLetters, redrive }),
    deadLetters,
    stop() {
      dispatcher.stop();
      for (const queue of [outcomes, earlier]) void queue.stop().catch(() => {});
    },
    async close() {
      presence.stop();
      endings.close();
      const left = patient.status === 'ready' ? store.releaseAll(patient) : undefined;
      await Promise.race([Promise.allSettled([left, outcomes.close(), earlier.stop()]), pause(CLOSE_MS)]);
      for (const redis of [interactive, patient]) redis.disconnect();
      await Promise.race([Promise.allSettled([outcomes.close(true), earlier.stop(true)]), pause(CLOSE_MS)]);
      await poster.close();
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
