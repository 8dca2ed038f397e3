/** A whole platform with every broker, and for each of its triggers a function that tells what it is called with. */
import { embedded } from '#test/e2e/global-setup.ts';
import { inline } from '#test/e2e/support/function.ts';
import { createNamespace, type TestNamespace } from '#test/e2e/support/namespace.ts';
import { startSupervisedPlatform } from '#test/harness/platform.ts';
import type { Broker, RunningBroker, RunningTrigger } from './broker.ts';
import { type Sink, startSink, TELL } from './sink.ts';

export interface Bed {
  readonly space: TestNamespace;
  readonly sink: Sink;
  /** Makes events for a function. */
  publish(functionName: string, ids: readonly string[]): Promise<void>;
  kill(brokers: readonly Broker[]): Promise<void>;
  restart(brokers: readonly Broker[]): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when every function is applied; stops what it started when that fails. */
export async function openBed(brokers: readonly Broker[]): Promise<Bed> {
  const cleanups: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    const sink = await startSink();
    cleanups.push(sink.stop);
    const platform = await startSupervisedPlatform();
    cleanups.push(platform.stop);
    const space = await createNamespace('brokers', embedded(platform));
    const running = new Map<Broker, RunningBroker>();
    const open = async (broker: Broker) => {
      const started = await broker.start({ platform, namespace: space.name });
      running.set(broker, started);
      cleanups.push(started.stop);
      for (const [name, trigger] of Object.entries(started.triggers))
        await deploy(space, sink, name, trigger);
    };
    const opened = await Promise.allSettled(brokers.map(open));
    for (const result of opened) if (result.status === 'rejected') throw result.reason;
    const triggers = new Map([...running.values()].flatMap((broker) => Object.entries(broker.triggers)));
    return {
      space,
      sink,
      async publish(name, ids) {
        await triggers
          .get(name)
          ?.publish(ids)
          .catch((error: Error) => {
            throw new Error(`${name}: ${error.message}`, { cause: error });
          });
      },
      async kill(wanted) {
        await Promise.all(wanted.map((broker) => running.get(broker)?.kill()));
      },
      async restart(wanted) {
        await Promise.all(wanted.map((broker) => running.get(broker)?.restart()));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function deploy(
  space: TestNamespace,
  sink: Sink,
  name: string,
  { source, credentials }: RunningTrigger,
): Promise<void> {
  if (credentials) await space.applyData('Secret', name, credentials);
  await space.apply(
    name,
    inline(TELL, {
      env: [{ name: 'SINK', value: sink.urlFor(name) }],
      scaling: { idleSeconds: 2, maxReplicas: 1 },
      // So many that none becomes a dead letter while pods or the sink refuse.
      async: { maxAttempts: 20, backoffSeconds: 1, maxBackoffSeconds: 2 },
      triggers: [{ name: 'orders', ...(credentials && { secretRef: { name } }), ...source }],
    }),
  );
}
