/**
 * Asks pods that refused a call for places again: other gateways' calls on them end, and nobody says so. A refusal costs the
 * pod and the gateway as much as a call, so one pod is asked at a time, however many there are and however many calls wait; as
 * long as none refuses, twice as many at a time as before.
 */
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { Pod } from '#gateway/pods/pod.ts';

const PERIOD_MS = 20;
/** How long one who has his share of a pod leaves the rest to others whose calls wait; these say at once when none does. */
const RESERVED_MS = 1_000;
/** What a pod took is remembered for so long when no call waits. */
const MEMORY_MS = 500;

/** A function of which pods are full. */
interface Round {
  /** How many pods to ask, if none refuses until then. */
  readonly width: number;
  wasRefused: boolean;
}

export interface OffersOptions {
  readonly now: () => number;
  /** With so many places of a pod this gateway has its share, since calls wait at others; without end while none do. */
  readonly enough: (fn: FunctionState) => number;
  /** Gives places to calls that wait. */
  readonly handOut: (fn: FunctionState) => void;
}

export class Offers {
  private readonly options: OffersOptions;
  private readonly rounds = new Map<FunctionState, Round>();

  constructor(options: OffersOptions) {
    this.options = options;
  }

  /** A pod refused a call of the function; its room knows. */
  refused(fn: FunctionState): void {
    const round = this.rounds.get(fn);
    if (round) round.wasRefused = true;
    else this.begin(fn, { width: 1, wasRefused: false });
  }

  private begin(fn: FunctionState, round: Round): void {
    this.rounds.set(fn, round);
    setTimeout(() => this.step(fn, round), PERIOD_MS).unref();
  }

  private step(fn: FunctionState, round: Round): void {
    this.rounds.delete(fn);
    const full = fn.pods.filter(({ room, state }) => room.isLimited && state !== 'leaving');
    if (full.length === 0) return;
    const width = round.wasRefused ? 1 : round.width;
    const now = this.options.now();
    if (fn.waiting === 0) {
      for (const { room } of full) if (room.isDue(now, MEMORY_MS)) room.forget();
      this.begin(fn, { width, wasRefused: false });
      return;
    }
    const asked = this.due(fn, full, now).slice(0, width);
    this.begin(fn, { width: asked.length < width ? width : 2 * width, wasRefused: false });
    for (const { room } of asked) room.grow(fn.limits.concurrency, now);
    if (asked.length > 0) this.options.handOut(fn);
  }

  /** Those to ask, who was asked long ago first. */
  private due(fn: FunctionState, pods: readonly Pod[], now: number): Pod[] {
    const enough = this.options.enough(fn);
    return pods
      .filter(({ room }) => room.isDue(now, room.limit >= enough ? RESERVED_MS : 0))
      .sort((a, b) => a.room.askedAt - b.room.askedAt);
  }
}
