/** The deliveries of one run of a source that have not ended. */
export class InFlight {
  #size = 0;
  #waiting: (() => void)[] = [];

  get size(): number {
    return this.#size;
  }

  /** Counts a task, which must not reject, until it ends. */
  add(task: Promise<void>): void {
    this.#size += 1;
    void task.then(() => {
      this.#size -= 1;
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  /** Resolves as soon as one of them has ended; at once when there is none. */
  async next(): Promise<void> {
    if (this.#size > 0) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  /** Resolves when all have ended. */
  async settled(): Promise<void> {
    while (this.#size > 0) await this.next();
  }
}
