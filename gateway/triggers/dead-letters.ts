/** Where events go that the function did not take, however often it was called with them. */
import type { StoredRequest } from '#gateway/async/message.ts';

export interface DeadLetter {
  /** `namespace/name`. */
  readonly functionKey: string;
  readonly request: StoredRequest;
  readonly body: Buffer;
  readonly attempts: number;
  /** A problem code, or FunctionError when the function itself answered. */
  readonly reason: string;
  readonly detail: string;
}

export interface DeadLetterSink {
  /** Resolves when the entry is kept; rejects when it could not be, and then the events are not given up. */
  add(entry: DeadLetter): Promise<unknown>;
}
