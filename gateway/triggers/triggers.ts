/** All triggers of all functions: which of them this gateway runs follows from the slots that it owns. */
import type { FunctionTriggers } from './function-triggers.ts';
import type { Ownership } from './ownership.ts';
import { slotOf } from './slots.ts';
import { GRACE_MS } from './trigger-runner.ts';

export interface TriggersOptions {
  readonly ownership: Pick<Ownership, 'want'>;
  readonly create: (functionKey: string, after: Promise<unknown> | undefined) => FunctionTriggers;
  /** The function has no triggers any more. */
  readonly onNone: (functionKey: string) => void;
}

interface Ending {
  readonly triggers: FunctionTriggers;
  readonly ended: Promise<void>;
}

interface Slot {
  owned: boolean;
  /** Digests by function. */
  readonly wanted: Map<string, string>;
  readonly running: Map<string, FunctionTriggers>;
  /** What has yet to end, by function. */
  readonly ending: Map<string, Ending>;
}

export class Triggers {
  private readonly options: TriggersOptions;
  private readonly slots = new Map<number, Slot>();

  constructor(options: TriggersOptions) {
    this.options = options;
  }

  /** @param digest of the function's trigger specs; undefined when it has none, or is gone */
  setFunction(functionKey: string, digest: string | undefined): void {
    const number = slotOf(functionKey);
    const slot = this.slots.get(number) ?? newSlot();
    if (slot.wanted.get(functionKey) === digest) return;
    this.slots.set(number, slot);
    if (digest === undefined) {
      slot.wanted.delete(functionKey);
      this.end(slot, functionKey, GRACE_MS);
      this.options.onNone(functionKey);
    } else {
      slot.wanted.set(functionKey, digest);
      if (slot.owned) this.run(slot, functionKey, digest);
    }
    this.options.ownership.want(number, slot.wanted.size > 0);
  }

  /** As last set. */
  digestOf(functionKey: string): string | undefined {
    return this.slots.get(slotOf(functionKey))?.wanted.get(functionKey);
  }

  /** The slot is this gateway's. */
  gained(number: number): void {
    const slot = this.slots.get(number);
    if (slot === undefined) return;
    slot.owned = true;
    for (const [functionKey, digest] of slot.wanted) this.run(slot, functionKey, digest);
  }

  /** The slot shall be given up: resolves when nothing in it runs any more. */
  async leaving(number: number): Promise<void> {
    await this.endAll(number, GRACE_MS);
  }

  /** The slot may be another gateway's by now. */
  lost(number: number): void {
    void this.endAll(number, 0);
  }

  private run(slot: Slot, functionKey: string, digest: string): void {
    let triggers = slot.running.get(functionKey);
    if (triggers === undefined) {
      triggers = this.options.create(functionKey, slot.ending.get(functionKey)?.ended);
      slot.running.set(functionKey, triggers);
    }
    triggers.update(digest);
  }

  private async endAll(number: number, graceMs: number): Promise<void> {
    const slot = this.slots.get(number);
    if (slot === undefined) return;
    slot.owned = false;
    // There is no patience left for those that were ending in good order either.
    if (graceMs === 0) for (const { triggers } of slot.ending.values()) void triggers.stop(0);
    for (const functionKey of [...slot.running.keys()]) this.end(slot, functionKey, graceMs);
    await Promise.all([...slot.ending.values()].map(({ ended }) => ended));
  }

  private end(slot: Slot, functionKey: string, graceMs: number): void {
    const triggers = slot.running.get(functionKey);
    if (triggers === undefined) return;
    slot.running.delete(functionKey);
    const before = slot.ending.get(functionKey)?.ended;
    const ended: Promise<void> = Promise.all([before, triggers.stop(graceMs)]).then(() => {
      if (slot.ending.get(functionKey)?.ended === ended) slot.ending.delete(functionKey);
    });
    slot.ending.set(functionKey, { triggers, ended });
  }
}

function newSlot(): Slot {
  return { owned: false, wanted: new Map(), running: new Map(), ending: new Map() };
}
