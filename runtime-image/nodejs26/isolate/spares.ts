import { availableParallelism } from 'node:os';
import { Demand } from './demand.ts';
import type { Isolate, IsolateOptions } from './isolate.ts';

/** New ones wait until claims have paused for so long: claims come first. */
const PAUSE_MS = 50;

export type StartIsolate = (options: Pick<IsolateOptions, 'memoryMebibytes' | 'rehearses'>) => Isolate;

export interface SparesOptions {
  readonly start: StartIsolate;
  /** What functions have unless they say otherwise: all spares have it. */
  readonly memoryMebibytes: number;
  /** Ready at any time. */
  readonly least: number;
  /** Whether there is memory for more than the least. */
  readonly hasMemory: () => boolean;
}

/** Threads that wait for a function, and the starting of more when these are used up. */
export class Spares {
  readonly #options: SparesOptions;
  readonly #demand: Demand;
  readonly #waiting: (() => void)[] = [];
  #starting = 0;
  #isolates: Isolate[] = [];
  #timer: NodeJS.Timeout | undefined;
  #filling = false;
  #stopped = false;

  constructor(options: SparesOptions) {
    this.#options = options;
    this.#demand = new Demand(options.least);
  }

  /** Resolves when there are as many as there should be. */
  async fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    while (this.#isolates.length < this.#wanted() && !this.#stopped) {
      const { start, memoryMebibytes } = this.#options;
      const isolate = start({ memoryMebibytes, rehearses: true });
      this.#isolates.push(isolate);
      await isolate.ready;
      this.#isolates = this.#isolates.filter(({ state }) => state !== 'ended');
    }
    this.#filling = false;
  }

  /** One that is ready; started now, in its turn, when there is none that fits. */
  async take(memoryMebibytes: number): Promise<Isolate> {
    this.#demand.note(performance.now());
    this.#refillLater();
    if (memoryMebibytes === this.#options.memoryMebibytes) {
      const index = this.#isolates.findIndex(({ state }) => state === 'spare');
      const [spare] = index < 0 ? [] : this.#isolates.splice(index, 1);
      if (spare) return spare;
    }
    return this.#startInTurn(memoryMebibytes);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const isolate of this.#isolates) isolate.stop();
    this.#isolates = [];
  }

  /** As many at a time as there are cores: more would only all be late together, the host's own thread among them. */
  async #startInTurn(memoryMebibytes: number): Promise<Isolate> {
    if (this.#starting >= availableParallelism()) {
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    } else this.#starting += 1;
    const isolate = this.#options.start({ memoryMebibytes, rehearses: false });
    void isolate.ready.then(() => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#starting -= 1;
    });
    await isolate.ready;
    return isolate;
  }

  #wanted(): number {
    return this.#demand.spares(performance.now(), this.#options.hasMemory());
  }

  #refillLater(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#waiting.length > 0) this.#refillLater();
      else void this.fill();
    }, PAUSE_MS);
  }
}
