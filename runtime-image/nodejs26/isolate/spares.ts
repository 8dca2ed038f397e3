import type { Isolate, IsolateOptions } from './isolate.ts';

/** Threads that wait for a function: what a burst finds at once. */
const SPARES = 8;
/** New ones wait until claims have paused for so long: claims come first. */
const PAUSE_MS = 20;

export type StartIsolate = (options: Pick<IsolateOptions, 'memoryMebibytes' | 'rehearses'>) => Isolate;

/** Keeps threads started ahead, all with the memory that functions have unless they say otherwise. */
export class Spares {
  readonly #start: StartIsolate;
  readonly #memoryMebibytes: number;
  #isolates: Isolate[] = [];
  #timer: NodeJS.Timeout | undefined;
  #filling = false;
  #stopped = false;

  constructor(start: StartIsolate, memoryMebibytes: number) {
    this.#start = start;
    this.#memoryMebibytes = memoryMebibytes;
  }

  /** Resolves when the first ones are ready. */
  async fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    while (this.#isolates.length < SPARES && !this.#stopped) await this.#addOne();
    this.#filling = false;
  }

  /** One that is ready, or as good as; started now when there is none that fits. */
  take(memoryMebibytes: number): Isolate {
    this.#refillLater();
    const index =
      memoryMebibytes === this.#memoryMebibytes
        ? this.#isolates.findIndex(({ state }) => state === 'spare')
        : -1;
    const [spare] = index < 0 ? [] : this.#isolates.splice(index, 1);
    return spare ?? this.#start({ memoryMebibytes, rehearses: false });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const isolate of this.#isolates) isolate.stop();
    this.#isolates = [];
  }

  #refillLater(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.fill(), PAUSE_MS);
  }

  async #addOne(): Promise<void> {
    const isolate = this.#start({ memoryMebibytes: this.#memoryMebibytes, rehearses: true });
    this.#isolates.push(isolate);
    await isolate.ready;
    this.#isolates = this.#isolates.filter(({ state }) => state !== 'ended');
  }
}
