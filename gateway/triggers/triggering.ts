/** Triggers put together: who owns them, what they need, where their events go, metrics and reports. */
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { TriggerReport } from '#crds/wire/samples.ts';
import { Seal } from '#crds/wire/seal.ts';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import { systemClock } from '#kube/clock.ts';
import { createDeadLetterList } from './dead-letter-list.ts';
import type { DeadLetterSink } from './dead-letters.ts';
import { Dispatcher } from './dispatcher.ts';
import { FunctionTriggers } from './function-triggers.ts';
import { createLastRuns } from './last-runs.ts';
import { createLeaseStore } from './lease-store.ts';
import { Ownership } from './ownership.ts';
import { loadSource } from './registry.ts';
import { Sender } from './sender.ts';
import { slotOf } from './slots.ts';
import { TriggerBook } from './trigger-book.ts';
import { triggerDigestOf } from './trigger-digest.ts';
import { registerTriggerFamilies } from './trigger-metrics.ts';
import { TriggerRunner } from './trigger-runner.ts';
import { readTriggerSpecs } from './trigger-specs.ts';
import { TriggerState } from './trigger-state.ts';
import { Triggers } from './triggers.ts';
import { createHookPort } from './webhook/hook-port.ts';
import type { HookPort } from './webhook/hooks.ts';

export interface Triggering {
  /** For what sources post to the gateway. */
  readonly hooks: HookPort;
  /** A Function was created, changed or deleted (`undefined`), after the function table took it in. */
  setFunction(key: string, current: CatnapFunction | undefined): void;
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
  readonly invoker: Invoker;
  readonly log: Logger;
  /** Other sources than those of the registry, in tests. */
  readonly load?: typeof loadSource;
}

/** Undefined without the key that trigger specs are sealed with. */
export function createTriggering(options: TriggeringOptions): Triggering | undefined {
  const { gatewayId, redis, encryptionKey, invoker, log } = options;
  if (encryptionKey === undefined) return undefined;
  const clock = systemClock;
  const seal = new Seal(encryptionKey);
  const book = new TriggerBook();
  const deadLetters = createDeadLetterList(redis, seal);
  const start = runnerFactory(options, book, deadLetters, (functionKey) =>
    ownership.owns(slotOf(functionKey)),
  );
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
        loadSpecs: (digest) => readTriggerSpecs(redis, seal, functionKey, digest),
        onSpecs: (specs) => book.keepOnly(functionKey, new Set(specs.map(({ name }) => name))),
        run: (spec) => start(functionKey, spec),
        onStopped: (runner) => book.remove(runner.state),
      }),
  });
  registerTriggerFamilies(invoker.metrics.registry, book);
  const hooks = createHookPort({
    digestOf: (functionKey) => triggers.digestOf(functionKey),
    readSpecs: (functionKey, digest) => readTriggerSpecs(redis, seal, functionKey, digest),
    senderFor: (functionKey, { name }) =>
      new Sender({
        functionKey,
        invoker,
        deadLetters,
        clock,
        log: log.child({ function: functionKey, trigger: name }),
        // Whoever it was posted to delivers it.
        owned: () => true,
        onRetry: () => {},
      }),
  });
  return {
    hooks,
    setFunction: (key, current) => triggers.setFunction(key, triggerDigestOf(current)),
    report: () => book.report(),
    start: () => ownership.start(),
    stop: () => ownership.stop(),
  };
}

function runnerFactory(
  { redis, invoker, log: parent, load = loadSource }: TriggeringOptions,
  book: TriggerBook,
  deadLetters: DeadLetterSink,
  isOwned: (functionKey: string) => boolean,
) {
  const services = { lastRuns: createLastRuns(redis) };
  const clock = systemClock;
  return (functionKey: string, spec: TriggerSpec): TriggerRunner => {
    const { name, type, config, credentials, batch, concurrency } = spec;
    const log = parent.child({ function: functionKey, trigger: name });
    const state = new TriggerState(functionKey, name, type, (changed) => book.changed(changed));
    const counts = book.countsOf(state);
    const sender = new Sender({
      functionKey,
      invoker,
      deadLetters,
      clock,
      log,
      owned: () => isOwned(functionKey),
      onRetry: (events) => {
        counts.retried += events;
      },
    });
    const runner = new TriggerRunner({
      spec,
      state,
      clock,
      log,
      createSource: async () => (await load(type, services))({ functionKey, name, config, credentials }),
      createDispatcher: () =>
        new Dispatcher({
          sender,
          clock,
          maxEvents: batch.maxEvents,
          maxWaitMs: batch.maxWaitMilliseconds,
          concurrency,
          onResult: (result, events) => {
            counts[result] += events;
          },
        }),
    });
    book.add(state);
    runner.start();
    return runner;
  };
}
