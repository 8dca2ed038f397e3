/** What the script in Redis does, in memory, for gateways that share a fake clock and can be cut off. */
import type { Clock } from '#kube/clock.ts';
import type { Lease, LeaseStore } from '../lease-store.ts';

export class SharedLeases {
  renewals = 0;
  private readonly clock: Clock;
  private readonly ends = new Map<string, number>();
  private readonly owners = new Map<number, string>();
  private readonly away = new Set<string>();
  private since: number | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  storeOf(gatewayId: string): LeaseStore {
    return {
      renew: async ({ ttlMs, held, wanted }) => {
        this.reach(gatewayId);
        this.renewals += 1;
        this.refresh(gatewayId, ttlMs, new Set(held));
        return this.give(gatewayId, [...held, ...(this.mayGive(ttlMs) ? wanted : [])]);
      },
      leave: async () => {
        this.reach(gatewayId);
        this.ends.delete(gatewayId);
        this.free((owner) => owner === gatewayId);
      },
    };
  }

  cutOff(gatewayId: string): void {
    this.away.add(gatewayId);
  }

  reconnect(gatewayId: string): void {
    this.away.delete(gatewayId);
  }

  /** As a Redis that comes back empty. */
  forgetAll(): void {
    this.ends.clear();
    this.owners.clear();
    this.since = undefined;
  }

  private reach(gatewayId: string): void {
    if (this.away.has(gatewayId)) throw new Error('Redis is away');
  }

  private refresh(gatewayId: string, ttlMs: number, held: ReadonlySet<number>): void {
    const now = this.clock.monotonic();
    this.since ??= now;
    for (const [id, end] of this.ends) if (end <= now) this.ends.delete(id);
    this.ends.set(gatewayId, now + ttlMs);
    this.free((owner, slot) => !this.ends.has(owner) || (owner === gatewayId && !held.has(slot)));
  }

  private mayGive(ttlMs: number): boolean {
    return this.clock.monotonic() - (this.since ?? 0) >= ttlMs;
  }

  private give(gatewayId: string, slots: readonly number[]): Lease {
    for (const slot of slots) if (!this.owners.has(slot)) this.owners.set(slot, gatewayId);
    const mine = [...this.owners].filter(([, owner]) => owner === gatewayId).map(([slot]) => slot);
    return { gateways: [...this.ends.keys()].sort(), mine: new Set(mine) };
  }

  private free(isFree: (owner: string, slot: number) => boolean): void {
    for (const [slot, owner] of this.owners) if (isFree(owner, slot)) this.owners.delete(slot);
  }
}
