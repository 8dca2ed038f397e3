/** Sends items one request at a time: those that come while one is under way go together in the next. */
export class Together<T> {
  readonly #send: (items: T[]) => Promise<void>;
  /** Of the request that is to be sent; undefined when there is none. */
  #waiting: T[] | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(send: (items: T[]) => Promise<void>) {
    this.#send = send;
  }

  /** Resolves when the item was sent, perhaps with others; rejects when that failed. */
  add(item: T): Promise<void> {
    if (this.#waiting) {
      this.#waiting.push(item);
      return this.#last;
    }
    const items = [item];
    const send = () => {
      this.#waiting = undefined;
      return this.#send(items);
    };
    this.#waiting = items;
    this.#last = this.#last.then(send, send);
    return this.#last;
  }
}
