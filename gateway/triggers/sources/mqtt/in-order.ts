interface Entry {
  settled: boolean;
  follow?: () => void;
}

/** Runs what follows each delivery in the order in which they were added, as MQTT demands of acknowledgements. */
export class InOrder {
  readonly #waiting: Entry[] = [];

  /** Runs `follow` when the delivery has resolved and all before it have settled; never when it rejects. */
  async add(delivery: Promise<void>, follow: () => void): Promise<void> {
    const entry: Entry = { settled: false };
    this.#waiting.push(entry);
    try {
      await delivery;
      entry.follow = follow;
    } finally {
      entry.settled = true;
      while (this.#waiting[0]?.settled) this.#waiting.shift()?.follow?.();
    }
  }
}
