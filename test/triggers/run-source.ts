/** Runs a trigger source as a gateway does, with a function that a test has in its hands. */
import { setTimeout as delay } from 'node:timers/promises';
import type { TriggerEvent, TriggerSource } from '#gateway/triggers/source.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { Recording } from './recording.ts';

export interface RunningSource extends Pick<Recording, 'events' | 'lags' | 'connections'> {
  readonly errors: Error[];
  /** What the function does with an event; succeeds at once by default. */
  handle: (event: TriggerEvent) => Promise<void>;
  /** Waits until so many events with different ids were handed over, and returns them without repeats. */
  received(count: number, timeoutMs?: number): Promise<TriggerEvent[]>;
  connected(): Promise<void>;
  /** What has come of it so far, for the message of a wait in vain. */
  summary(): string;
  /** Aborts the signal. @returns how long it took until the run was over, in ms */
  stop(): Promise<number>;
}

const RESTART_MS = 100;

/** A source that fails is run again, unless `once`. */
export function runSource(source: TriggerSource, { once = false } = {}): RunningSource {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the trigger stops')));
  });
  stopped.catch(() => {});
  const recording = new Recording();
  const { events, lags } = recording;
  const running: RunningSource = {
    events,
    lags,
    errors: [],
    get connections() {
      return recording.connections;
    },
    handle: async () => {},
    received: (count, timeoutMs = 20_000) =>
      waitFor(() => distinct(running.events).length >= count && distinct(running.events), {
        timeoutMs,
        describe: () => `${count} events; ${running.summary()}`,
      }),
    async connected() {
      await waitFor(() => running.connections > 0, {
        timeoutMs: 20_000,
        describe: () => `the connection; ${running.summary()}`,
      });
    },
    summary: () =>
      `${events.length} events, ${running.connections} connections, errors: ${running.errors.map(String).join('; ') || 'none'}`,
    async stop() {
      const started = performance.now();
      stopping.abort();
      await over;
      return performance.now() - started;
    },
  };
  const context = recording.context(signal, async (delivered) => {
    await Promise.race([Promise.all(delivered.map((event) => running.handle(event))), stopped]);
  });
  const over = (async () => {
    while (!signal.aborted) {
      await source.run(context).catch((error: Error) => running.errors.push(error));
      if (once) return;
      await delay(RESTART_MS);
    }
  })();
  return running;
}

const distinct = (events: TriggerEvent[]) => [
  ...new Map(events.map((event) => [`${event.source} ${event.id}`, event])).values(),
];

/** A function that a test lets go on when it wants. */
export function gate(): { wait: () => Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: () => promise, open: () => resolve() };
}
