/** The triggers that this gateway runs, what it reports of them, and what it has counted of them and others. */
import type { TriggerReport } from '#crds/wire/samples.ts';
import type { TriggerState } from './trigger-state.ts';

/**
 * In one sample. Up to so many are reported every second; of more, each takes its turn, so that a sample stays
 * small: 5,000 on one gateway within 10 s.
 */
const REPORTS_PER_SAMPLE = 500;
/** A change is in so many samples in a row, since the operator may miss some. */
const REPEATS = 3;

export type TriggerResult = 'succeeded' | 'dead_lettered' | 'retried';
export type TriggerCounts = Record<TriggerResult, number>;

export interface Counted {
  readonly functionKey: string;
  readonly name: string;
  readonly type: string;
  readonly counts: TriggerCounts;
}

export class TriggerBook {
  private readonly running = new Set<TriggerState>();
  /** States that changed, with how many samples are still to hold them. */
  private readonly fresh = new Map<TriggerState, number>();
  /** By function, then trigger: kept when another gateway takes over, since counters never go back. */
  private readonly counted = new Map<string, Map<string, Counted>>();
  private turn = 0;

  get states(): Iterable<TriggerState> {
    return this.running;
  }

  *counters(): Generator<Counted> {
    for (const triggers of this.counted.values()) yield* triggers.values();
  }

  add(state: TriggerState): void {
    this.running.add(state);
    // Shown from the beginning, at zero.
    this.countsOf(state);
    this.changed(state);
  }

  changed(state: TriggerState): void {
    if (this.running.has(state)) this.fresh.set(state, REPEATS);
  }

  remove(state: TriggerState): void {
    this.running.delete(state);
    this.fresh.delete(state);
  }

  countsOf({ functionKey, name, type }: Omit<Counted, 'counts'>): TriggerCounts {
    const triggers = this.counted.get(functionKey) ?? new Map<string, Counted>();
    this.counted.set(functionKey, triggers);
    let entry = triggers.get(name);
    if (entry?.type !== type) {
      entry = { functionKey, name, type, counts: { succeeded: 0, dead_lettered: 0, retried: 0 } };
      triggers.set(name, entry);
    }
    return entry.counts;
  }

  /** The function's triggers are these by now; others are counted no more. */
  keepOnly(functionKey: string, names: ReadonlySet<string>): void {
    const triggers = this.counted.get(functionKey);
    for (const name of triggers?.keys() ?? []) if (!names.has(name)) triggers?.delete(name);
  }

  /** The function has no triggers any more. */
  forget(functionKey: string): void {
    this.counted.delete(functionKey);
  }

  /** For the next sample. */
  report(): { triggers?: TriggerReport[] } {
    if (this.running.size === 0) return {};
    const chosen = new Set<TriggerState>();
    for (const [state, repeats] of this.fresh) {
      if (chosen.size === REPORTS_PER_SAMPLE / 2) break;
      if (chosen.has(state)) break;
      chosen.add(state);
      this.fresh.delete(state);
      // At the end of the line, so that all news is told once before any is repeated.
      if (repeats > 1) this.fresh.set(state, repeats - 1);
    }
    const all = [...this.running];
    // Those that are in it already make room for others; when all fit, each is met once.
    for (let i = 0; i < all.length && chosen.size < REPORTS_PER_SAMPLE; i++) {
      this.turn = (this.turn + 1) % all.length;
      chosen.add(all[this.turn] as TriggerState);
    }
    return { triggers: [...chosen].map((state) => state.report()) };
  }
}
