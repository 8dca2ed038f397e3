/** The deliveries of one run of a source that have not ended. */
export class InFlight {
  readonly #tasks = new Set<Promise<void>>();

  get size(): number {
    return this.#tasks.size;
  }

  /** Keeps a task, which must not reject, until it ends. */
  add(task: Promise<void>): void {
    const kept: Promise<void> = task.finally(() => this.#tasks.delete(kept));
    this.#tasks.add(kept);
  }

  /** Resolves as soon as one of them has ended; at once when there is none. */
  async next(): Promise<void> {
    if (this.size > 0) await Promise.race(this.#tasks);
  }

  /** Resolves when all have ended. */
  async settled(): Promise<void> {
    while (this.size > 0) await Promise.all(this.#tasks);
  }
}
