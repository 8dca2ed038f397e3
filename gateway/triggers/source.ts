/**
 * What every trigger source is to the rest of the gateway. A source knows its system and nothing else: who
 * runs it, how often it is started again, and how its events reach the function is the runner's business.
 */
import type { Logger } from 'pino';
import type { CloudEvent } from '#gateway/cloudevents/event.ts';

/** One event. Its id is the same for the same event, however often the source hands it over. */
export interface TriggerEvent extends CloudEvent {
  /** Events with the same key reach the function one after the other, in order. */
  readonly key?: string;
}

export interface SourceContext {
  /** Aborts when the trigger is changed or deleted, or another gateway takes over. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** The connection stands and events flow. */
  connected(): void;
  /** How many events wait at the source, whenever it is known. */
  lag(events: number): void;
  /**
   * Delivers events, several in one call to the function when its batch size is above 1. Resolves when each
   * has succeeded or lies among the dead letters: then it may be acknowledged. Rejects when the trigger stops
   * before: then it must not be.
   */
  deliver(events: readonly TriggerEvent[]): Promise<void>;
}

export interface TriggerSource {
  /**
   * Connects and hands over events until the signal aborts; resolves when nothing of it is left open. Throws
   * when the connection cannot be made or is lost: it is then run again, with back-off and for ever.
   */
  run(context: SourceContext): Promise<void>;
}

export interface TriggerSetup<T> {
  /** `namespace/name`. */
  readonly functionKey: string;
  /** Of the trigger; unique in the function. */
  readonly name: string;
  /** As in the Function, defaults filled in. */
  readonly config: T;
  /** What the Secret of `secretRef` holds, by key. */
  readonly credentials: Readonly<Record<string, string>>;
}

export type CreateSource<T> = (setup: TriggerSetup<T>) => TriggerSource;
