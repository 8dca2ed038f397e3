/** Triggers put together: who owns them, what they need, where their events go, metrics and reports. */
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { TriggerReport } from '#crds/wire/samples.ts';
import { Seal } from '#crds/wire/seal.ts';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import type { DeadLetterSink } from '#gateway/async/dead-letters.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import { SpecCache } from '#gateway/spec-cache.ts';
import { systemClock } from '#kube/clock.ts';
import { Delivery } from './delivery.ts';
import { FunctionTriggers } from './function-triggers.ts';
import { createLastRuns } from './last-runs.ts';
import { createLeaseStore } from './lease-store.ts';
import { Ownership } from './ownership.ts';
import { PostedEvents } from './posted-events.ts';
import { loadSource } from './registry.ts';
import { slotOf } from './slots.ts';
import { TriggerBook } from './trigger-book.ts';
import { triggerDigestOf } from './trigger-digest.ts';
import { registerTriggerFamilies } from './trigger-metrics.ts';
import { TriggerRunner } from './trigger-runner.ts';
import { readTriggerSpecs } from './trigger-specs.ts';
import { TriggerState } from './trigger-state.ts';
import { Triggers } from './triggers.ts';

/** Of specs for posts, in memory; some kilobytes for each function. */
const MAX_POSTED_SPECS_BYTES = 8 * 2 ** 20;

export interface Triggering {
  /** A Function was created, changed or deleted (`undefined`), after the function table took it in. */
  setFunction(key: string, current: CatnapFunction | undefined): void;
  /** For what is posted to this gateway. */
  readonly posted: PostedEvents;
  /** For the sample. */
  report(): { triggers?: TriggerReport[] };
  start(): void;
  /** Stops in good order and leaves everything to other gateways. */
  stop(): Promise<void>;
}

export interface TriggeringOptions {
  readonly gatewayId: string;
  /** A connection that fails at once while Redis is away. */
  readonly redis: Redis;
  /** Without it trigger specs cannot be opened. */
  readonly encryptionKey: Buffer | undefined;
  /** Where events go that failed for good; there with the key. */
  readonly deadLetters: DeadLetterSink | undefined;
  readonly invoker: Invoker;
  readonly log: Logger;
  /** Other sources than those of the registry, in tests. */
  readonly load?: typeof loadSource;
}

/** Undefined without the key that trigger specs are sealed with. */
export function createTriggering(options: TriggeringOptions): Triggering | undefined {
  const { gatewayId, redis, encryptionKey, deadLetters, invoker, log } = options;
  if (encryptionKey === undefined || deadLetters === undefined) return undefined;
  const clock = systemClock;
  const seal = new Seal(encryptionKey);
  const book = new TriggerBook();
  const loadSpecs = (functionKey: string, digest: string) =>
    readTriggerSpecs(redis, seal, functionKey, digest);
  const postedSpecs = new SpecCache<readonly TriggerSpec[]>({
    read: loadSpecs,
    sizeOf: (specs) => JSON.stringify(specs).length,
    maxBytes: MAX_POSTED_SPECS_BYTES,
  });
  const delivery = new Delivery({ invoker, deadLetters, book, clock });
  const start = runnerFactory(options, book, delivery, (slot) => ownership.owns(slot));
  const ownership = new Ownership({
    gatewayId,
    store: createLeaseStore(redis, gatewayId),
    clock,
    log,
    onGained: (slot) => triggers.gained(slot),
    onLeaving: (slot) => triggers.leaving(slot),
    onLost: (slot) => triggers.lost(slot),
  });
  const triggers = new Triggers({
    ownership,
    onNone: (functionKey) => book.forget(functionKey),
    create: (functionKey, after) =>
      new FunctionTriggers({
        functionKey,
        after,
        clock,
        log,
        loadSpecs: (digest) => loadSpecs(functionKey, digest),
        onSpecs: (specs) => book.keepOnly(functionKey, new Set(specs.map(({ name }) => name))),
        run: (spec) => start(functionKey, spec),
        onStopped: (runner) => book.remove(runner.state),
      }),
  });
  registerTriggerFamilies(invoker.metrics.registry, book);
  const digestOf = (functionKey: string) => triggers.digestOf(functionKey);
  return {
    posted: new PostedEvents({
      ...{ digestOf, delivery, clock, log },
      loadSpecs: (functionKey, digest) => postedSpecs.get(functionKey, digest),
    }),
    setFunction: (key, current) => triggers.setFunction(key, triggerDigestOf(current)),
    report: () => book.report(),
    start: () => ownership.start(),
    stop: () => ownership.stop(),
  };
}

function runnerFactory(
  { redis, log: parent, load = loadSource }: TriggeringOptions,
  book: TriggerBook,
  delivery: Delivery,
  isOwned: (slot: number) => boolean,
) {
  const services = { lastRuns: createLastRuns(redis) };
  const clock = systemClock;
  return (functionKey: string, spec: TriggerSpec): TriggerRunner => {
    const { name, type, config, credentials } = spec;
    const slot = slotOf(functionKey);
    const log = parent.child({ function: functionKey, trigger: name });
    const state = new TriggerState(functionKey, name, type, (changed) => book.changed(changed));
    const runner = new TriggerRunner({
      spec,
      state,
      clock,
      log,
      createSource: async () => (await load(type, services))({ functionKey, name, config, credentials }),
      createDispatcher: () => delivery.dispatcher(functionKey, spec, log, () => isOwned(slot)),
    });
    book.add(state);
    runner.start();
    return runner;
  };
}
