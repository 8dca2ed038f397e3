/** What the families of trigger sources have in common for the benchmark. */

/** Body of every event: JSON of 100 bytes. */
export const EVENT = JSON.stringify({ order: 'x'.repeat(88) });

/** Where a source keeps an order by key as it comes, events are spread over so many: as many as run at a time. */
export const KEYS = 10;

/** The server of a family, as long as its triggers are measured. */
export interface EventServer {
  /** Content of the Secret that triggers name. */
  readonly credentials?: Readonly<Record<string, string>>;
  /**
   * Makes a place that keeps events until a trigger takes them.
   *
   * @param place lower-case letters
   * @returns what the trigger says in the field of the family
   */
  open(place: string): Promise<object>;
  /** Resolves when the server has so many events more. */
  publish(place: string, count: number): Promise<void>;
  /** Ends it, and what was connected to it. */
  stop(): Promise<void>;
}

export interface Family {
  /** As the field in `spec.triggers`. */
  readonly type: string;
  /** Events that are enough for some seconds. */
  readonly count: number;
  start(): Promise<EventServer>;
}

/** What `make` returns, once for each event. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
