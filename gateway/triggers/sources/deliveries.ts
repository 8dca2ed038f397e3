/** More than any source has on its way; only what was never acknowledged is forgotten. */
const MAX_KEPT = 20_000;

/**
 * The deliveries of one trigger over all runs of its source. A broken connection does not end what is on its
 * way to the function; after the next connection the system hands the same events over again, and each then
 * waits for the delivery that runs already, or finds it done.
 */
export class Deliveries {
  readonly #byEvent = new Map<string, Promise<void>>();

  /** Starts the delivery of an event unless it is known, and returns it. A delivery that rejects is forgotten. */
  once(id: string, deliver: () => Promise<void>): Promise<void> {
    const known = this.#byEvent.get(id);
    if (known) return known;
    const delivery = deliver();
    this.#byEvent.set(id, delivery);
    delivery.catch(() => this.#byEvent.delete(id));
    for (const oldest of this.#byEvent.keys()) {
      if (this.#byEvent.size <= MAX_KEPT) break;
      this.#byEvent.delete(oldest);
    }
    return delivery;
  }

  /** The system knows that the event is done: it will not come again. */
  acknowledged(id: string): void {
    this.#byEvent.delete(id);
  }
}
