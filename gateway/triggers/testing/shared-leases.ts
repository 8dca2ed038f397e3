/** What the script in Redis does, in memory, for gateways that share a fake clock and can be cut off. */
import type { Clock } from '#kube/clock.ts';
import type { LeaseStore } from '../lease-store.ts';

export interface SharedLeases {
  storeOf(gatewayId: string): LeaseStore;
  cutOff(gatewayId: string): void;
  reconnect(gatewayId: string): void;
  /** As a Redis that comes back empty. */
  forgetAll(): void;
  readonly renewals: number;
}

export function createSharedLeases(clock: Clock): SharedLeases {
  const ends = new Map<string, number>();
  const owners = new Map<number, string>();
  const away = new Set<string>();
  let since: number | undefined;
  let renewals = 0;

  return {
    get renewals() {
      return renewals;
    },
    cutOff: (gatewayId) => void away.add(gatewayId),
    reconnect: (gatewayId) => void away.delete(gatewayId),
    forgetAll() {
      ends.clear();
      owners.clear();
      since = undefined;
    },
    storeOf: (gatewayId) => ({
      async renew({ ttlMs, held, wanted }) {
        if (away.has(gatewayId)) throw new Error('Redis is away');
        renewals += 1;
        const now = clock.monotonic();
        since ??= now;
        for (const [id, end] of ends) if (end <= now) ends.delete(id);
        ends.set(gatewayId, now + ttlMs);
        const holding = new Set(held);
        for (const [slot, owner] of owners) {
          if (!ends.has(owner) || (owner === gatewayId && !holding.has(slot))) owners.delete(slot);
        }
        const given = now - since >= ttlMs ? [...wanted] : [];
        for (const slot of [...holding, ...given]) if (!owners.has(slot)) owners.set(slot, gatewayId);
        const mine = [...owners].filter(([, owner]) => owner === gatewayId).map(([slot]) => slot);
        return { gateways: [...ends.keys()].sort(), mine: new Set(mine) };
      },
      async leave() {
        if (away.has(gatewayId)) throw new Error('Redis is away');
        ends.delete(gatewayId);
        for (const [slot, owner] of owners) if (owner === gatewayId) owners.delete(slot);
      },
    }),
  };
}
