/**
 * Which slots this gateway owns. It renews its lease with one command however many triggers there are, and
 * judges by its own monotonic clock, from before the command was sent: so it has stopped by the time at which
 * Redis gives its slots to another.
 */
import type { Logger } from 'pino';
import type { Clock } from '#kube/clock.ts';
import type { Lease, LeaseStore } from './lease-store.ts';
import { preferredGateway } from './slots.ts';

export const LEASE_MS = 10_000;
/** What an owner without Redis stops short of, for clocks that differ in pace and for sources that close slowly. */
const MARGIN_MS = 2_000;
const RENEW_MS = 2_000;
/** After a failed attempt. */
const RETRY_MS = 500;
/** A slot that became wanted, free or superfluous is dealt with after this. */
const PROMPT_MS = 50;

export interface OwnershipOptions {
  readonly gatewayId: string;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** The slot is this gateway's from now on. */
  readonly onGained: (slot: number) => void;
  /** It shall become another's: resolves when nothing of it runs any more, and then it is given up. */
  readonly onLeaving: (slot: number) => Promise<void>;
  /** It may be another's by now: whatever runs of it must stop at once. */
  readonly onLost: (slot: number) => void;
}

export class Ownership {
  private readonly options: OwnershipOptions;
  private readonly wanted = new Set<number>();
  private readonly held = new Set<number>();
  /** Of those held: on their way to another gateway; the value tells one departure from the next. */
  private readonly leaving = new Map<number, object>();
  private gateways: readonly string[] = [];
  /** On the monotonic clock. */
  private validUntil = Number.NEGATIVE_INFINITY;
  private state: 'new' | 'running' | 'stopped' = 'new';
  private renewing = false;
  private again = false;
  private failing = false;
  private cancelTimer: (() => void) | undefined;
  private cancelExpiry: (() => void) | undefined;

  constructor(options: OwnershipOptions) {
    this.options = options;
  }

  /** Begins to take part; from before on, slots can be wanted. */
  start(): void {
    if (this.state !== 'new') return;
    this.state = 'running';
    this.soon(0);
  }

  /** There are triggers in this slot, or no more. */
  want(slot: number, wanted: boolean): void {
    if (this.wanted.has(slot) === wanted) return;
    if (wanted) this.wanted.add(slot);
    else this.wanted.delete(slot);
    if (this.state === 'running') this.soon(PROMPT_MS);
  }

  /** Whether this gateway surely owns the slot at this moment. */
  owns(slot: number): boolean {
    return this.held.has(slot) && this.options.clock.monotonic() < this.validUntil;
  }

  /** Stops what runs in good order, then gives up everything, so that others take over at once. */
  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.cancelTimer?.();
    await Promise.all([...this.held].map((slot) => this.leave(slot)));
    this.cancelExpiry?.();
    const took = this.validUntil > Number.NEGATIVE_INFINITY;
    if (took) await this.options.store.leave().catch(() => {}); // Then the lease runs out.
  }

  private soon(ms: number): void {
    if (this.renewing) {
      this.again = true;
      return;
    }
    this.cancelTimer?.();
    this.cancelTimer = this.options.clock.after(ms, () => void this.renew());
  }

  private async renew(): Promise<void> {
    // An installation without triggers costs Redis nothing.
    if (this.wanted.size === 0 && this.held.size === 0) return;
    this.renewing = true;
    this.again = false;
    const ok = await this.attempt();
    this.renewing = false;
    if (this.state !== 'running') return;
    this.soon(ok ? (this.again ? PROMPT_MS : RENEW_MS) : RETRY_MS);
  }

  private async attempt(): Promise<boolean> {
    const { store, clock, log } = this.options;
    const sentAt = clock.monotonic();
    const held = [...this.held];
    try {
      const lease = await store.renew({ ttlMs: LEASE_MS, held, wanted: this.preferredSlots() });
      this.failing = false;
      this.take(lease, held, sentAt + LEASE_MS - MARGIN_MS);
      return true;
    } catch (error) {
      if (!this.failing) log.warn({ err: error }, 'the lease on triggers cannot be renewed');
      this.failing = true;
      return false;
    }
  }

  /** What is to be taken; who lives must be known for that, which the first answer tells. */
  private preferredSlots(): number[] {
    return [...this.wanted].filter((slot) => !this.held.has(slot) && this.prefersThis(slot));
  }

  private prefersThis(slot: number): boolean {
    return preferredGateway(slot, this.gateways) === this.options.gatewayId;
  }

  private take({ gateways, mine }: Lease, asked: readonly number[], validUntil: number): void {
    const { clock } = this.options;
    if (this.state === 'stopped') return;
    const changed = gateways.join() !== this.gateways.join();
    this.gateways = gateways;
    // An answer that came so late that the lease is over by now gives nothing.
    if (clock.monotonic() >= validUntil) return;
    this.validUntil = validUntil;
    this.armExpiry();
    this.compare(mine, new Set(asked));
    for (const slot of this.held) {
      const keeps = this.wanted.has(slot) && this.prefersThis(slot);
      if (!keeps && !this.leaving.has(slot)) void this.leave(slot);
    }
    if (changed) this.again = true;
  }

  private compare(mine: ReadonlySet<number>, asked: ReadonlySet<number>): void {
    for (const slot of asked) {
      if (!this.held.has(slot) || mine.has(slot)) continue;
      this.options.log.warn({ slot }, 'another gateway owns triggers that this one ran');
      this.lose(slot);
    }
    for (const slot of mine) {
      // What was asked for and is not held any more was given up meanwhile.
      if (this.held.has(slot) || asked.has(slot)) continue;
      this.held.add(slot);
      this.options.onGained(slot);
    }
  }

  private async leave(slot: number): Promise<void> {
    const departure = {};
    this.leaving.set(slot, departure);
    await this.options.onLeaving(slot);
    // Else it was lost in the meantime, and perhaps gained anew.
    if (this.leaving.get(slot) !== departure) return;
    this.leaving.delete(slot);
    this.held.delete(slot);
    if (this.state === 'running') this.soon(PROMPT_MS);
  }

  private lose(slot: number): void {
    this.leaving.delete(slot);
    this.held.delete(slot);
    this.options.onLost(slot);
  }

  private armExpiry(): void {
    const { clock, log } = this.options;
    this.cancelExpiry?.();
    this.cancelExpiry = clock.after(this.validUntil - clock.monotonic(), () => {
      if (this.held.size > 0) {
        log.warn({ slots: this.held.size }, 'Redis is away for too long: triggers stop until it is back');
      }
      for (const slot of [...this.held]) this.lose(slot);
    });
  }
}
