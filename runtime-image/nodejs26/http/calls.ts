import { type Rejection, rejections } from '../wire.ts';
import type { Call } from './call.ts';

/** The calls that occupy this replica: admission, and what shutdown and the watchdog have to know. */
export class Calls {
  readonly running = new Set<Call>();
  /** Calls that ever began, modulo 2^31. */
  started = 0;
  readonly #limit: number;
  readonly #background = new Set<Promise<unknown>>();
  /** When a call was last refused for shutdown, or that began, by `performance.now()`. */
  lastRefusal = Number.NEGATIVE_INFINITY;
  /** Called with each call that begins. */
  onStart: (() => void) | undefined = undefined;
  #refuse = false;
  #onIdle: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Why a call that arrives now is not started. */
  rejection(): Rejection | undefined {
    if (this.#refuse) {
      this.lastRefusal = performance.now();
      return rejections.draining;
    }
    return this.running.size >= this.#limit ? rejections.concurrency : undefined;
  }

  refuseNew(): void {
    this.#refuse = true;
    this.lastRefusal = performance.now();
  }

  add(call: Call): void {
    this.running.add(call);
    this.started = (this.started + 1) | 0;
    this.onStart?.();
  }

  delete(call: Call): void {
    this.running.delete(call);
    this.#onIdle?.();
  }

  /** Something that ends by itself and that shutdown waits for. `work` must not reject. */
  addBackground(work: Promise<unknown>): void {
    this.#background.add(work);
    work.finally(() => {
      this.#background.delete(work);
      this.#onIdle?.();
    });
  }

  /** True when nobody waits for an answer; handlers that ignored their deadline do not count. */
  get idle(): boolean {
    if (this.#background.size > 0) return false;
    for (const call of this.running) if (!call.timedOut) return false;
    return true;
  }

  /** True when every slot is held by a call that was given its 504 more than `graceMs` ago. */
  stuck(now: number, graceMs: number): boolean {
    if (this.running.size < this.#limit) return false;
    for (const call of this.running) if (!call.timedOut || now < call.deadline + graceMs) return false;
    return true;
  }

  /** Called after each end of a call or of background work. */
  set onChange(listener: () => void) {
    this.#onIdle = listener;
  }
}
