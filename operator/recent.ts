/** What was noted by key within the last period; older entries take up nothing. No I/O. */
export class Recent<T> {
  /** In the order in which they were noted. */
  readonly #entries = new Map<string, { value: T; notedMs: number }>();
  readonly #periodMs: number;
  readonly #monotonic: () => number;

  /** @param monotonic in milliseconds */
  constructor(periodMs: number, monotonic: () => number) {
    this.#periodMs = periodMs;
    this.#monotonic = monotonic;
  }

  get(key: string): { readonly value: T; readonly notedMs: number } | undefined {
    this.#expire();
    return this.#entries.get(key);
  }

  note(key: string, value: T): void {
    this.#expire();
    this.#entries.delete(key);
    this.#entries.set(key, { value, notedMs: this.#monotonic() });
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  #expire(): void {
    const nowMs = this.#monotonic();
    for (const [key, { notedMs }] of this.#entries) {
      if (nowMs - notedMs < this.#periodMs) return;
      this.#entries.delete(key);
    }
  }
}
