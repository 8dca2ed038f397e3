/** Runs a source as the gateway's runner does, with a delivery that the test decides on. */
import { setTimeout as delay } from 'node:timers/promises';
import type { TriggerEvent, TriggerSource } from '#gateway/triggers/source.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { Recording } from './recording.ts';

export interface SourceRun {
  /** Delivered, in order. */
  readonly events: TriggerEvent[];
  readonly connected: boolean;
  readonly lag: number | undefined;
  /** Of `run`; rejects with what it threw. */
  readonly finished: Promise<void>;
  whenConnected(): Promise<void>;
  /** The events, once there are so many. */
  received(count: number): Promise<TriggerEvent[]>;
  /** Aborts the signal; resolves when `run` has ended, rejects when that takes more than 3 s. */
  stop(): Promise<void>;
}

type Deliver = (events: readonly TriggerEvent[]) => Promise<void>;

/** Runs it once. */
export function runSource(source: TriggerSource, deliver: Deliver = async () => {}): SourceRun {
  const controller = new AbortController();
  const recording = new Recording();
  const events: TriggerEvent[] = [];
  const finished = source.run(
    recording.context(controller.signal, async (batch) => {
      await deliver(batch);
      events.push(...batch);
    }),
  );
  finished.catch(() => {});
  return {
    events,
    get connected() {
      return recording.connected;
    },
    get lag() {
      return recording.lag;
    },
    finished,
    async whenConnected() {
      const isConnected = () =>
        waitFor(() => recording.connected, { timeoutMs: 15_000, describe: 'the source', intervalMs: 5 });
      await Promise.race([isConnected(), failureOf(finished)]);
    },
    async received(count) {
      const all = () =>
        waitFor(() => events.length >= count, {
          timeoutMs: 20_000,
          describe: `${count} events`,
          intervalMs: 5,
        });
      await Promise.race([all(), failureOf(finished)]);
      return events;
    },
    stop() {
      controller.abort();
      return within(3_000, finished);
    },
  };
}

/** Runs it again and again, as long as the test lets it. */
export function keepRunning(
  source: TriggerSource,
  deliver?: Deliver,
): Omit<SourceRun, 'finished' | 'received'> {
  const stopping = new AbortController();
  const events: TriggerEvent[] = [];
  let current: SourceRun;
  const loop = async () => {
    while (!stopping.signal.aborted) {
      current = runSource(source, async (batch) => {
        await deliver?.(batch);
        events.push(...batch);
      });
      await Promise.allSettled([current.finished]);
      await delay(100, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const ended = loop();
  return {
    events,
    get connected() {
      return current.connected;
    },
    get lag() {
      return current.lag;
    },
    async whenConnected() {
      await waitFor(() => current.connected, { timeoutMs: 20_000, describe: 'the source', intervalMs: 5 });
    },
    async stop() {
      stopping.abort();
      await current.stop().catch(() => {});
      await ended;
    },
  };
}

/** Never resolves. */
async function failureOf(finished: Promise<void>): Promise<never> {
  await finished;
  throw new Error('the run ended');
}

async function within(ms: number, promise: Promise<void>): Promise<void> {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`the source did not end within ${ms} ms`);
  });
  late.catch(() => {});
  try {
    await Promise.race([promise, late]);
  } finally {
    over.abort();
  }
}
