/** What the tests on a whole platform need of a broker, whichever it is. */
import type { Platform } from '#local/up/platform.ts';
import type { Spec } from '#test/e2e/support/function.ts';

/** Events that a test sends to each function before something is killed. */
export const EVENTS = 200;
/** So many of them the function has finished with when that happens. */
export const MIDDLE = 100;
/** Broker, gateway, and both are killed. Acknowledgements of so many events may be on their way then, in all: */
export const ONE_AT_A_TIME = 3;
/** the same where the function gets ten at a time. */
export const TEN_AT_A_TIME = 30;

export interface Broker {
  /**
   * The functions that it calls, by name, and how many events may come again although the function had finished with
   * them; undefined where it delivers at most once.
   */
  readonly functions: Readonly<Record<string, number | undefined>>;
  start(place: Place): Promise<RunningBroker>;
}

export interface Place {
  readonly platform: Platform;
  readonly namespace: string;
}

export interface RunningBroker {
  /** By name of the function. */
  readonly triggers: Readonly<Record<string, RunningTrigger>>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again with its data after {@link kill}. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface RunningTrigger {
  /** The source's part of the trigger. */
  readonly source: Spec;
  readonly credentials?: Record<string, string>;
  /** Makes events with these ids in data or subject; resolves when the broker has them for good. */
  publish(ids: readonly string[]): Promise<void>;
}
