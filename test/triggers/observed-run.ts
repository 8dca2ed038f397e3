/** Runs a trigger source in the place of the gateway's runner, and records what it tells. */
import type { TriggerEvent, TriggerSource } from '#gateway/triggers/source.ts';
import { Recording } from './recording.ts';

export interface ObservedRun {
  /** In the order in which they were handed over. */
  readonly events: TriggerEvent[];
  readonly connected: boolean;
  readonly lag: number | undefined;
  /** Rejects when the source throws. */
  readonly finished: Promise<void>;
  texts(): string[];
  /** Rejects what is on its way and all that follows, as before a stop. */
  refuse(): void;
  /** Aborts the signal, and waits for the end. Rejects when the source threw. */
  stop(): Promise<void>;
}

/** @param deliver What the function does with an event; what takes longer than the run is rejected at its end. */
export function observe(
  source: TriggerSource,
  deliver: (event: TriggerEvent) => Promise<void> = () => Promise.resolve(),
): ObservedRun {
  const controller = new AbortController();
  const { promise: refused, reject } = Promise.withResolvers<never>();
  refused.catch(() => {});
  const refuse = () => reject(new Error('the trigger stops'));
  const recording = new Recording();
  const { events } = recording;
  const finished = source.run(
    recording.context(controller.signal, async (delivered) => {
      await Promise.race([Promise.all(delivered.map(deliver)), refused]);
    }),
  );
  finished.catch(() => {});
  return {
    events,
    finished,
    get connected() {
      return recording.connected;
    },
    get lag() {
      return recording.lag;
    },
    texts: () => events.map(({ data }) => data.toString()),
    refuse,
    stop() {
      refuse();
      controller.abort();
      return finished;
    },
  };
}

/** For an event whose call does not end. */
export const never = (): Promise<void> => new Promise(() => {});
