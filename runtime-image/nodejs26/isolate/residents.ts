import { log } from '../log.ts';
import type { Claim, Outcome, Reply } from '../warm/claims.ts';
import { isolatePorts } from '../wire.ts';
import { type Isolate, usualLimits } from './isolate.ts';
import type { Spares } from './spares.ts';
import { victim } from './victim.ts';

/** As many functions as may still be ending their calls beside those that count. */
const MAX_LEAVING = 20;
export interface ResidentsOptions {
  readonly spares: Pick<Spares, 'take'>;
  readonly capacity: number;
  /** Whether the process may take in one more, as far as its memory goes. */
  readonly hasMemory: () => boolean;
  readonly leaving: () => boolean;
}

interface Resident {
  readonly revision: string;
  /** Absent until a thread is there. */
  isolate?: Isolate;
  readonly outcome: Promise<Outcome>;
}

/** Which functions are loaded here, and how they come and go. */
export class Residents {
  readonly #options: ResidentsOptions;
  /** By the function's key. */
  readonly #residents = new Map<string, Resident>();
  readonly #leaving = new Set<Isolate>();
  #nextPort: number;

  constructor(options: ResidentsOptions) {
    this.#options = options;
    // Not the same ones after each restart: a gateway may still know who listened there.
    const { first, last } = isolatePorts;
    this.#nextPort = first + Math.floor(Math.random() * (last - first));
  }

  isolates(): Isolate[] {
    return [...this.#present(), ...this.#leaving];
  }

  get size(): number {
    return this.#residents.size;
  }

  /** Has a genuine claim answered: the function is here, or comes, or there is no room. */
  claim(claim: Claim, reply: Reply): void {
    const { function: key, revision } = claim.spec;
    if (this.#options.leaving()) return void reply({ status: 503 });
    const present = this.#residents.get(key);
    if (present?.revision === revision && present.isolate?.state !== 'leaving') {
      return void present.outcome.then((outcome) => reply(repeated(outcome)));
    }
    if (!present && !this.#makeRoom()) return void reply({ status: 429 });
    const resident = this.#takeIn(claim);
    this.#residents.set(key, resident);
    void resident.outcome.then((outcome) => {
      void reply(outcome);
      // Only now: until the new one serves, the old one does.
      if (present?.isolate) this.#retire(present.isolate);
    });
  }

  /** An isolate is no more. */
  ended(isolate: Isolate): void {
    this.#leaving.delete(isolate);
    const key = isolate.owner?.function ?? '';
    if (this.#residents.get(key)?.isolate === isolate) this.#residents.delete(key);
  }

  /** Lets go of functions that nobody called for as long as they say. */
  retireIdle(now: number): void {
    for (const isolate of this.#present()) {
      if (isolate.isIdle(isolate.limits.idleSeconds * 1_000, now)) this.#evict(isolate);
    }
  }

  /** Lets go of the least recently used one; false when all are in use. */
  retireOldest(): boolean {
    const oldest = victim(this.#present(), performance.now());
    if (oldest) this.#evict(oldest);
    return oldest !== undefined;
  }

  #present(): Isolate[] {
    return [...this.#residents.values()].flatMap(({ isolate }) => isolate ?? []);
  }

  #makeRoom(): boolean {
    const { capacity, hasMemory } = this.#options;
    if (this.#residents.size < capacity && hasMemory()) return true;
    return this.#leaving.size < MAX_LEAVING && this.retireOldest();
  }

  #evict(isolate: Isolate): void {
    this.#residents.delete(isolate.owner?.function ?? '');
    this.#retire(isolate);
  }

  #retire(isolate: Isolate): void {
    if (isolate.state === 'ended') return;
    this.#leaving.add(isolate);
    isolate.stop();
  }

  #takeIn({ spec, receivedAt }: Claim): Resident {
    const { function: key, revision } = spec;
    const load = async (): Promise<Outcome> => {
      const isolate = await this.#options.spares.take(
        spec.isolate?.memoryMebibytes ?? usualLimits.memoryMebibytes,
      );
      resident.isolate = isolate;
      const result = await isolate.become(spec, this.#port(), performance.timeOrigin + receivedAt);
      if (result !== 'port taken') return result;
      log('warn', 'a port for isolates is taken by somebody else', { port: isolate.port });
      return { status: 503 };
    };
    const outcome = load().catch((error: unknown): Outcome => {
      log('error', 'a function could not be loaded', { isolateOf: key, error });
      if (this.#residents.get(key) === resident) this.#residents.delete(key);
      return { status: 503 };
    });
    const resident: Resident = { revision, outcome };
    return resident;
  }

  /** The one that was free for the longest time. */
  #port(): number {
    const taken = new Set(this.isolates().map(({ port }) => port));
    const { first, last } = isolatePorts;
    do this.#nextPort = this.#nextPort < last ? this.#nextPort + 1 : first;
    while (taken.has(this.#nextPort));
    return this.#nextPort;
  }
}

/** To who did not have the code loaded. */
function repeated(outcome: Outcome): Outcome {
  return outcome.status === 200 ? { status: 200, body: { ...outcome.body, again: true } } : outcome;
}
