import type { IncomingMessage, ServerResponse } from 'node:http';
import { currentCall } from '../log.ts';

/** One call from its headers to the moment when its handler has settled and its response is complete. */
export class Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Epoch milliseconds at which the caller gets 504. */
  readonly deadline: number;
  readonly requestId: string;
  /** The caller has its answer, or is gone; whatever the handler still returns goes nowhere. */
  answered = false;
  timedOut = false;
  timer: NodeJS.Timeout | undefined;
  #controller: AbortController | undefined;
  #aborted = false;
  #reason: unknown;

  constructor(request: IncomingMessage, response: ServerResponse, deadline: number, requestId: string) {
    this.request = request;
    this.response = response;
    this.deadline = deadline;
    this.requestId = requestId;
  }

  /** Made on first use: most handlers never look at it, and it costs more than the rest of a call. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Tells the handler to stop. Only the first reason counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const controller = this.#controller;
    // Listeners belong to the call, though a timer or a socket woke them: what they log must carry its id.
    if (controller) currentCall.run(this, () => controller.abort(reason));
  }
}
